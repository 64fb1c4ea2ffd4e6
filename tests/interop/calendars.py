"""When the events of a calendar are, as icalendar and recurring-ical-events have it.

`python calendars.py FILE ZONE FROM UNTIL` (dates) prints `[[start, end, summary]]` (JSON, seconds of the epoch), where
times that name no zone, and whole days, are those of ZONE.
"""

import datetime
import json
import sys
import zoneinfo

import icalendar
import recurring_ical_events

file, zone, start, end = sys.argv[1:]
zone = zoneinfo.ZoneInfo(zone)


def moment(value):
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime.combine(value, datetime.time())
    return int((value if value.tzinfo else value.replace(tzinfo=zone)).timestamp())


with open(file, "rb") as opened:
    events = recurring_ical_events.of(icalendar.Calendar.from_ical(opened.read()))
found = events.between(datetime.date.fromisoformat(start), datetime.date.fromisoformat(end))
print(json.dumps(sorted([moment(e["DTSTART"].dt), moment(e["DTEND"].dt), str(e["SUMMARY"])] for e in found)))
