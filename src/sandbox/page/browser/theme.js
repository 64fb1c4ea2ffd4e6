// Dark or light: as the system is, until somebody says otherwise.

import { useEffect, useState } from 'preact/hooks';
import { html } from './html.js';

const SYSTEM = matchMedia('(prefers-color-scheme: dark)');

export function ThemeButton() {
  const [chosen, choose] = useState(() => sessionStorage.getItem('theme'));
  const [system, setSystem] = useState(SYSTEM.matches);
  useEffect(() => {
    const changed = () => setSystem(SYSTEM.matches);
    SYSTEM.addEventListener('change', changed);
    return () => SYSTEM.removeEventListener('change', changed);
  }, []);
  useEffect(() => {
    if (!chosen) return;
    document.documentElement.dataset.theme = chosen;
    sessionStorage.setItem('theme', chosen);
  }, [chosen]);
  const dark = chosen ? chosen === 'dark' : system;
  return html`<button type="button" class="button plain" onClick=${() => choose(dark ? 'light' : 'dark')}>${dark ? 'Light' : 'Dark'}</button>`;
}
