//! Measurements on one machine; they are in `benches/`, one file for each subject.
