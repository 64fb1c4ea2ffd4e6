// Whether there is room for two clients side by side.

import { useEffect, useState } from 'preact/hooks';

const WIDE = matchMedia('(min-width: 1100px)');

export function useWide() {
  const [wide, setWide] = useState(WIDE.matches);
  useEffect(() => {
    const changed = () => setWide(WIDE.matches);
    WIDE.addEventListener('change', changed);
    return () => WIDE.removeEventListener('change', changed);
  }, []);
  return wide;
}
