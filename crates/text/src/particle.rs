//! Korean particles change with the sound before them: 은 after a consonant, 는 after a vowel.

/// `word` followed by the fitting half of `pair` (`은/는`, `이/가`, `을/를`, `과/와`, `으로/로`).
///
/// A word that ends in neither Hangul nor a digit keeps both halves: `Maria은(는)`.
pub fn with_particle(word: &str, pair: &str) -> String {
    let Some((closed, open)) = pair.split_once('/') else { return format!("{word}{pair}") };
    let last = word.chars().rev().find(|c| c.is_alphanumeric());
    // Before 으로/로, a final ㄹ counts as a vowel.
    let rieul_is_open = open == "로";
    match last.and_then(final_sound) {
        Some(Final::Vowel) => format!("{word}{open}"),
        Some(Final::Rieul) if rieul_is_open => format!("{word}{open}"),
        Some(_) => format!("{word}{closed}"),
        None => format!("{word}{closed}({open})"),
    }
}

enum Final {
    Vowel,
    Rieul,
    Consonant,
}

fn final_sound(last: char) -> Option<Final> {
    if let Some(digit) = last.to_digit(10) {
        // 영 일 이 삼 사 오 육 칠 팔 구
        return Some(match digit {
            2 | 4 | 5 | 9 => Final::Vowel,
            1 | 7 | 8 => Final::Rieul,
            _ => Final::Consonant,
        });
    }
    let syllable = u32::from(last).checked_sub(0xAC00).filter(|index| *index < 11_172)?;
    Some(match syllable % 28 {
        0 => Final::Vowel,
        8 => Final::Rieul,
        _ => Final::Consonant,
    })
}

#[cfg(test)]
mod tests {
    use super::with_particle;

    #[test]
    fn the_particle_follows_the_last_sound() {
        for (word, pair, expected) in [
            ("아동수당", "은/는", "아동수당은"),
            ("부모급여", "은/는", "부모급여는"),
            ("첫만남이용권", "을/를", "첫만남이용권을"),
            ("서울", "으로/로", "서울로"),
            ("수원", "으로/로", "수원으로"),
            ("제주", "으로/로", "제주로"),
            ("2", "이/가", "2가"),
            ("10", "이/가", "10이"),
            ("(장애아동)", "이/가", "(장애아동)이"),
            ("Maria", "이/가", "Maria이(가)"),
        ] {
            assert_eq!(with_particle(word, pair), expected);
        }
    }
}
