//! The document and the words.

use kernel::Lang;

use super::problem::{Code, Fault};

#[test]
fn every_problem_has_its_words_in_every_complete_language() {
    for lang in text::COMPLETE {
        for code in Code::ALL {
            let problem = Fault::new(code).problem(lang);
            assert!(
                !problem.title.contains(text::MISSING_MARK) && !problem.detail.contains(text::MISSING_MARK),
                "{problem:?}"
            );
            if lang == Lang::Ko {
                assert_ne!(problem.title, Fault::new(code).problem(Lang::En).title);
            }
        }
    }
}

#[test]
fn the_document_is_openapi_3_1_and_closes_every_object() {
    let document: serde_json::Value = serde_json::from_str(&super::document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if schema["type"] == "object" {
            assert_eq!(schema["additionalProperties"], false, "{name}");
        }
    }
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for status in ["400", "404", "405", "422", "503"] {
                assert!(operation["responses"][status].is_object(), "{method} {path} does not declare {status}");
            }
        }
    }
}
