"""RS256 with nothing but the standard library: a throw-away key, its public half as PEM, and tokens that it signs."""

import base64
import hashlib
import json
import secrets

SMALL_PRIMES = [p for p in range(3, 2000, 2) if all(p % q for q in range(3, int(p**0.5) + 1, 2))]
EXPONENT = 65537
# DER of `rsaEncryption, NULL` (RFC 8017, A.1) and of a SHA-256 DigestInfo (RFC 8017, 9.2).
RSA_ENCRYPTION = bytes.fromhex("300d06092a864886f70d0101010500")
SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class Key:
    def __init__(self, bits=2048):
        p, q = prime(bits // 2), prime(bits // 2)
        self.n = p * q
        self.d = pow(EXPONENT, -1, (p - 1) * (q - 1))
        self.size = (self.n.bit_length() + 7) // 8

    def public_pem(self):
        numbers = der(0x30, integer(self.n) + integer(EXPONENT))
        info = der(0x30, RSA_ENCRYPTION + der(0x03, b"\x00" + numbers))
        text = base64.encodebytes(info).decode()
        return f"-----BEGIN PUBLIC KEY-----\n{text}-----END PUBLIC KEY-----\n"

    def token(self, claims):
        signed = encode(json.dumps({"alg": "RS256", "typ": "JWT"})) + "." + encode(json.dumps(claims))
        digest = SHA256_DIGEST_INFO + hashlib.sha256(signed.encode()).digest()
        padded = b"\x00\x01" + b"\xff" * (self.size - len(digest) - 3) + b"\x00" + digest
        signature = pow(int.from_bytes(padded, "big"), self.d, self.n).to_bytes(self.size, "big")
        return signed + "." + encode(signature)


def encode(part):
    data = part.encode() if isinstance(part, str) else part
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def der(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def integer(number):
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def prime(bits):
    """The two top bits are set, so that the product of two has twice the length."""
    while True:
        candidate = secrets.randbits(bits) | (3 << (bits - 2)) | 1
        if all(candidate % small for small in SMALL_PRIMES) and candidate % EXPONENT != 1 and is_prime(candidate):
            return candidate


def is_prime(number, rounds=16):
    odd, halvings = number - 1, 0
    while odd % 2 == 0:
        odd, halvings = odd // 2, halvings + 1
    for _ in range(rounds):
        power = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(halvings - 1):
            power = pow(power, 2, number)
            if power == number - 1:
                break
        else:
            return False
    return True
