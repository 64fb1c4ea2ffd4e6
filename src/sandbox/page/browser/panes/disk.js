// What is in the ledger's file right now, whether the bot runs or not.

import { html } from '../html.js';

export function DiskPane({ page }) {
  const { disk } = page.state;
  if (!disk) return html`<p class="empty">This sandbox does not show its disk.</p>`;
  return html`
    <p class="about">Read from <code>${disk.path}</code>, which goes on existing while the bot is killed.</p>
    ${disk.tables.map((table) => html`<${Table} key=${table.name} table=${table} />`)}`;
}

function Table({ table }) {
  const { name, what, columns, rows, total } = table;
  const shown = rows.length < total ? `the newest ${rows.length} of ${total}` : String(total);
  return html`<section class="disk-table">
    <h2 id=${`disk-${name}`}>${name} <span class="note">${shown}</span></h2>
    <p class="about">${what}</p>
    ${rows.length > 0 && html`<table role="table" aria-labelledby=${`disk-${name}`}>
      <thead role="rowgroup"><tr role="row">${columns.map((column) => html`<th role="columnheader" key=${column} scope="col">${column}</th>`)}</tr></thead>
      <tbody role="rowgroup">${rows.map((cells) => html`<tr role="row" key=${JSON.stringify(cells)}>
        ${cells.map((cell, index) => html`<td role="cell" key=${columns[index]} data-column=${columns[index]}>${shownCell(cell)}</td>`)}
      </tr>`)}</tbody>
    </table>`}
  </section>`;
}

/** Times are shown short; the whole one is in the title. */
function shownCell(cell) {
  if (cell === null || cell === '') return html`<span class="null">–</span>`;
  if (typeof cell !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(cell)) return String(cell);
  return html`<time datetime=${cell} title=${cell}>${new Date(cell).toLocaleTimeString()}</time>`;
}
