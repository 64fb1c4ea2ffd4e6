//! The lists of a person's Home, and which page of each they are on.

use serde::{Deserialize, Serialize};

/// Lines of one page.
pub const PAGE: usize = 20;

/// One of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HomeList {
    /// What waits for the person.
    Waiting,
    /// What they approved that is still running.
    Running,
    /// What they asked for, or is for them.
    Own,
}

/// Where a turned page lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// Towards the newest.
    Newer,
    /// Away from it.
    Older,
}

/// Which page of each list is shown; the first is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pages {
    waiting: usize,
    running: usize,
    own: usize,
}

impl Pages {
    fn of(&mut self, list: HomeList) -> &mut usize {
        match list {
            HomeList::Waiting => &mut self.waiting,
            HomeList::Running => &mut self.running,
            HomeList::Own => &mut self.own,
        }
    }

    /// Turns a page.
    pub fn turn(&mut self, list: HomeList, turn: Turn) {
        let page = self.of(list);
        *page = match turn {
            Turn::Newer => page.saturating_sub(1),
            Turn::Older => page.saturating_add(1),
        };
    }

    /// The page of a list of so many lines, brought back to the last one that there is.
    pub fn within(&mut self, list: HomeList, lines: usize) -> usize {
        let page = self.of(list);
        *page = (*page).min(lines.saturating_sub(1) / PAGE);
        *page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_stay_within_their_list() {
        let mut pages = Pages::default();
        pages.turn(HomeList::Own, Turn::Newer);
        assert_eq!(pages.within(HomeList::Own, 0), 0);
        for _ in 0..9 {
            pages.turn(HomeList::Own, Turn::Older);
        }
        assert_eq!(pages.within(HomeList::Own, 40), 1);
        pages.turn(HomeList::Own, Turn::Older);
        assert_eq!(pages.within(HomeList::Own, 41), 2);
        assert_eq!(pages.within(HomeList::Running, 41), 0);
        assert_eq!(pages.within(HomeList::Own, 20), 0);
    }
}
