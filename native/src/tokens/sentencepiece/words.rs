//! Texts cut into words before anything else, so that what was counted once is only looked up.
