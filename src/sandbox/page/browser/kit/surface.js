// What blocks have to know of the place in which they stand.

import { createContext } from 'preact';
import { useContext, useState } from 'preact/hooks';

/**
 * `names` tells what ids are called, `slack` is the workspace, `phone` says whether it is a phone's screen;
 * `perform(element, option, begin)` presses or chooses: it calls `begin` once nothing has to be asked any more, and
 * resolves to a complaint of Slack's, to null when it is done, or to false when the person thought better of it;
 * in a modal `form` holds what is being filled in, and `errors` what is wrong with it, by block id.
 */
export const Surface = createContext(null);

export const useSurface = () => useContext(Surface);

/**
 * Acts once at a time, and keeps what Slack complained of until the block is drawn anew: `[act, busy, complaint]`. `act`
 * resolves to whether it was done.
 */
export function usePerform(blockId) {
  const { perform } = useSurface();
  const [{ busy, complaint, at }, set] = useState({ busy: false, complaint: null, at: null });
  const act = async (element, option) => {
    if (busy) return false;
    const outcome = await perform({ ...element, block_id: blockId }, option, () => set({ busy: true, complaint: null, at: blockId }));
    set({ busy: false, complaint: outcome || null, at: blockId });
    return outcome === null;
  };
  return [act, busy, at === blockId ? complaint : null];
}
