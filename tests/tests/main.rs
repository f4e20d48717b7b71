//! One binary for all tests that look at the whole: stories, corpora, crashes, and the tidiness of the sources.

mod stories;
mod tidiness;
