"""Whether an export of the evidence is whole: `python3 verify_evidence.py FILE` says the line at which it is not."""

import hashlib
import json
import sys


def first_fault(lines):
    """The number of the first line that does not fit; 0 where all do. Signatures are for a library of JWS to check."""
    number, position, head, begun = 0, 0, "", {}
    for number, line in enumerate(map(json.loads, lines), 1):
        if "export" in line:
            begun = line["export"]
            position, head = begun["first"] - 1, begun["previous"]
        elif "entry" in line:
            entry = json.dumps(line["entry"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            position, head = position + 1, hashlib.sha256(bytes.fromhex(head) + entry.encode()).hexdigest()
            if (line["entry"]["position"], line["hash"]) != (position, head):
                return number
        elif (line["checkpoint"]["count"], line["checkpoint"]["head"]) != (position, head):
            return number
    return 0 if (position, head) == (begun["last"], begun["head"]) else number


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        fault = first_fault(file)
    sys.exit(f"line {fault}" if fault else 0)
