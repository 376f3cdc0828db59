//! One file from several mirrors.
