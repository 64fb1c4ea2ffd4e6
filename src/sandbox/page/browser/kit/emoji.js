// Emoji by their names in Slack. What is not listed stays as it was written, as in a workspace without it.

const EMOJI = {
  alarm_clock: '⏰', arrow_left: '⬅️', arrow_right: '➡️', ballot_box_with_check: '☑️', bangbang: '‼️', bell: '🔔', bulb: '💡', busts_in_silhouette: '👥',
  calendar: '📆', clap: '👏', clipboard: '📋', clock1: '🕐', closed_lock_with_key: '🔐', double_vertical_bar: '⏸️', exclamation: '❗', eyes: '👀',
  fire: '🔥', gear: '⚙️', grey_question: '❔', heart: '❤️', heavy_check_mark: '✔️', heavy_minus_sign: '➖', heavy_plus_sign: '➕', hourglass: '⌛',
  hourglass_flowing_sand: '⏳', inbox_tray: '📥', information_source: 'ℹ️', key: '🔑', keyboard: '⌨️', large_blue_circle: '🔵', large_green_circle: '🟢', large_red_square: '🟥',
  large_yellow_circle: '🟡', link: '🔗', lock: '🔒', mag: '🔍', memo: '📝', no_entry: '⛔', no_entry_sign: '🚫', octagonal_sign: '🛑', ok_hand: '👌',
  outbox_tray: '📤', pencil: '📝', pencil2: '✏️', point_right: '👉', pray: '🙏', question: '❓', raised_hands: '🙌', raising_hand: '🙋', red_circle: '🔴', repeat: '🔁',
  robot_face: '🤖', rocket: '🚀', rotating_light: '🚨', shield: '🛡️', slightly_smiling_face: '🙂', smile: '😄', sos: '🆘', sparkles: '✨', star: '⭐', tada: '🎉',
  thinking_face: '🤔', thumbsdown: '👎', thumbsup: '👍', '+1': '👍', '-1': '👎', timer_clock: '⏲️', unlock: '🔓', warning: '⚠️', wave: '👋', white_check_mark: '✅',
  white_circle: '⚪', white_small_square: '▫️', x: '❌', zap: '⚡', zzz: '💤',
};

/** The emoji of this name, or the name between its colons. */
export const emoji = (name) => EMOJI[name] ?? `:${name}:`;

/** A text in which names between colons have become emoji. */
export const withEmoji = (text) => text.replace(/:([a-z0-9_+-]+):/g, (_, name) => emoji(name));
