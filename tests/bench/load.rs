//! How fast the bot takes clicks, beside two floors in the same run: `door` checks and reads a click and stores nothing,
//! `durable` puts one row on disk behind it. Machines are noisy, so what counts are ratios.
//!
//! `cargo bench` presses 10,000 cards, each once; `cargo bench -- 2000` presses fewer.

#![expect(clippy::disallowed_methods, reason = "a benchmark goes by the machine's clock")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints what it has measured")]

mod click;
mod floor;
mod generator;
mod neighbours;
mod pushes;
mod subject;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use click::Card;
use generator::Measured;
use neighbours::Neighbours;
use subject::Subject;

const CLICKS: usize = 10_000;
/// Clicks a second of the open loop, and for how many seconds.
const RATE: u32 = 500;
const SECONDS: usize = 10;
/// The processor of the generator; the subject has the other.
const PROCESSOR: &str = "1";
/// What is waited for at most until P0 has heard what was chosen.
const HEARD_WITHIN: Duration = Duration::from_secs(120);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["floor", name, folder] => runtime.block_on(floor::serve(name, folder)),
        [] => runtime.block_on(run(CLICKS)),
        [clicks] => runtime.block_on(run(clicks.parse().expect("a number of clicks"))),
        _ => panic!("cargo bench [-- CLICKS]"),
    }
}

async fn run(clicks: usize) {
    let folder = std::env::temp_dir().join(format!("p0-chatops-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder that can be written");
    let this = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-cp", PROCESSOR, &this]).output();
    assert!(pinned.is_ok_and(|pinned| pinned.status.success()), "the benchmark needs taskset, and two processors");
    let timed = RATE as usize * SECONDS;
    println!("{clicks} clicks over {} connections, then {timed} at {RATE}/s", generator::CONNECTIONS);
    println!(
        "{:<16}{:>9}{:>12}{:>12}{:>9}{:>9}{:>12}",
        "", "clicks/s", "of durable", "us of CPU", "p50 ms", "p99 ms", "p99 timed"
    );
    let anybodys: Vec<Card> = (0..clicks + timed).map(|number| Card { key: format!("{number:022}") }).collect();
    let bodies = bodies(&anybodys, 0);
    let mut durable = f64::NAN;
    for name in ["door", "durable"] {
        let floor = Subject::floor(name, &folder);
        let taken = take(&floor, &bodies, clicks).await;
        durable = taken.closed.rate();
        taken.print(name, durable);
    }
    bot(&folder, clicks, timed, durable).await;
    std::fs::remove_dir_all(&folder).expect("nobody else is in it");
}

async fn bot(folder: &Path, clicks: usize, timed: usize, durable: f64) {
    let neighbours = Neighbours::default();
    let authorization = subject::company(folder, &neighbours.start());
    let bot = Subject::bot(folder);
    let (started, idle) = (bot.started, bot.memory("VmRSS"));
    pushes::send(&bot.host, &authorization, clicks + timed).await;
    let cards = pushes::cards(folder).await;
    let begun = Instant::now();
    let taken = take(&bot, &bodies(&cards, clicks + timed), clicks).await;
    taken.print("bot", durable);
    let chosen = u64::try_from(clicks + timed).expect("so many");
    while neighbours.decided.load(Ordering::Relaxed) < chosen && begun.elapsed() < HEARD_WITHIN {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let decided = neighbours.decided.load(Ordering::Relaxed);
    println!("start to serving {started:.0?}, resident {idle:.1} MiB idle, {:.1} MiB at most", bot.memory("VmHWM"));
    println!("P0 heard {decided} choices within {:.1?} of the first click", begun.elapsed());
}

/// What a subject did with its clicks.
struct Taken {
    closed: Measured,
    /// Processor time of the subject for each click of the closed loop, in microseconds.
    processor: f64,
    open: Measured,
}

async fn take(subject: &Subject, bodies: &[String], clicks: usize) -> Taken {
    let (all, timed) = bodies.split_at(clicks);
    let before = subject.processor_time();
    let closed = generator::closed(&subject.host, &Arc::new(all.to_vec())).await;
    let processor = (subject.processor_time() - before).as_secs_f64() * 1e6 / clicks as f64;
    let open = generator::open(&subject.host, &Arc::new(timed.to_vec()), RATE).await;
    Taken { closed, processor, open }
}

impl Taken {
    fn print(&self, name: &str, durable: f64) {
        let Self { closed, processor, open } = self;
        let rate = closed.rate();
        let (p50, p99, timed) = (closed.percentile(50.0), closed.percentile(99.0), open.percentile(99.0));
        println!("{name:<16}{rate:>9.0}{:>12.2}{processor:>12.1}{p50:>9.2}{p99:>9.2}{timed:>12.2}", rate / durable);
        let failed = closed.failed + open.failed;
        if failed > 0 {
            println!("{name}: {failed} clicks were not answered 200");
        }
    }
}

/// The bodies of a click on each card; no two are alike, by their number from `first` on.
fn bodies(cards: &[Card], first: usize) -> Vec<String> {
    cards.iter().enumerate().map(|(nth, card)| click::body(card, first + nth)).collect()
}
