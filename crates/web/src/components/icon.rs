//! Inline drawings. All are decoration beside words, so screen readers skip them.

use maud::{Markup, html};

/// The mark: a house that holds a flame.
pub fn mark() -> Markup {
    html! {
        svg width="30" height="30" viewBox="0 0 30 30" fill="none" aria-hidden="true" focusable="false" {
            path d="M3.5 13.6 15 4l11.5 9.6V25a1.6 1.6 0 0 1-1.6 1.6H5.1A1.6 1.6 0 0 1 3.5 25z"
                stroke="currentColor" stroke-width="2.2" stroke-linejoin="round" {}
            path class="flame" fill="currentColor"
                d="M15.2 10.8c.5 2.4 3.9 4 3.9 7.6a4.1 4.1 0 0 1-8.2 0c0-1.7.8-2.7 1.6-3.6.1 1 .6 1.6 1.2 1.8-.2-2.3.3-4.3 1.5-5.8z" {}
        }
    }
}

fn stroke(path: &str) -> Markup {
    html! {
        svg width="18" height="18" viewBox="0 0 18 18" fill="none" stroke="currentColor" stroke-width="2"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false" { path d=(path) {} }
    }
}

/// A tick: holds, done.
pub fn tick() -> Markup {
    stroke("M3.5 9.5l3.7 3.7 7.3-8.2")
}

/// A cross: does not hold.
pub fn cross() -> Markup {
    stroke("M4.5 4.5l9 9M13.5 4.5l-9 9")
}

/// A question mark: not known yet.
pub fn question() -> Markup {
    stroke("M6 6.6a3 3 0 1 1 4.7 2.5c-1 .7-1.7 1.2-1.7 2.4M9 14.6v.1")
}

/// An exclamation mark in a triangle: look here.
pub fn alert() -> Markup {
    stroke("M9 2.5l7 12.5H2zM9 7.5v3.3M9 13v.1")
}

/// An i in a circle.
pub fn info() -> Markup {
    stroke("M9 16A7 7 0 1 0 9 2a7 7 0 0 0 0 14zM9 8.5v4M9 5.6v.1")
}

/// An arrow back.
pub fn back() -> Markup {
    stroke("M11 4L6 9l5 5")
}

/// A padlock: protected.
pub fn lock() -> Markup {
    stroke("M4 8.5h10v7H4zM6 8.5V6a3 3 0 0 1 6 0v2.5")
}

/// A clock: soon.
pub fn clock() -> Markup {
    stroke("M9 16A7 7 0 1 0 9 2a7 7 0 0 0 0 14zM9 5v4.2l2.8 1.8")
}
