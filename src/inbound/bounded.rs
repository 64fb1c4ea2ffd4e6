//! Answers of other servers, read up to a bound: what is longer is no answer.

/// The body, where it arrived whole and is no longer than `most` bytes; else why not, without the address.
pub(crate) async fn read(mut answer: reqwest::Response, most: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| error.without_url().to_string())? {
        if body.len() + chunk.len() > most {
            return Err(format!("the answer is longer than {} KiB", most / 1024));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
