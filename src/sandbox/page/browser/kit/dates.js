// Times as Slack shows them to each reader, in the reader's own time zone.

/** The hour and minute of a time. */
export const clock = (at) => at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

/** The time of a `ts`. */
export const timeOf = (ts) => new Date(Number(ts) * 1000);

/** The day of a time, near ones by name. */
export const day = (at) => near(at, true) ?? at.toLocaleDateString([], { weekday: 'long', month: 'long', day: 'numeric' });

/** Fills the tokens of `<!date^…>`; nothing where the seconds are none. */
export function filled(format, seconds) {
  const at = new Date(Number(seconds) * 1000);
  if (!format || Number.isNaN(at.getTime())) return null;
  return { at, text: format.replace(/\{(\w+)\}/g, (token, kind) => part(kind, at) ?? token) };
}

function part(kind, at) {
  const days = (options) => at.toLocaleDateString([], { year: 'numeric', day: 'numeric', ...options });
  if (kind.endsWith('_pretty')) return near(at) ?? part(kind.slice(0, -'_pretty'.length), at);
  switch (kind) {
    case 'time': return clock(at);
    case 'time_secs': return at.toLocaleTimeString();
    case 'date_num': return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((number) => String(number).padStart(2, '0')).join('-');
    case 'date_slash': return days({ month: '2-digit', day: '2-digit' });
    case 'date': return days({ month: 'long' });
    case 'date_short': return days({ month: 'short' });
    case 'date_long': return days({ month: 'long', weekday: 'long' });
    case 'day_divider': return day(at);
    case 'ago': return ago(at);
    default: return null;
  }
}

function near(at, capital = false) {
  const from = (days) => {
    const other = new Date();
    other.setDate(other.getDate() + days);
    return other.toDateString();
  };
  const name = { [from(-1)]: 'yesterday', [from(0)]: 'today', [from(1)]: 'tomorrow' }[at.toDateString()];
  return name && capital ? name[0].toUpperCase() + name.slice(1) : name;
}

function ago(at) {
  const relative = new Intl.RelativeTimeFormat([], { numeric: 'auto' });
  const seconds = (at.getTime() - Date.now()) / 1000;
  for (const [unit, length] of [['day', 86_400], ['hour', 3600], ['minute', 60]]) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return 'just now';
}
