//! A decision table by dsntk: `peer-dsntk MODEL CONTEXTS ROUNDS`. The model's decision `amount` in the namespace below,
//! once a round for each line of CONTEXTS, a FEEL context. Prints the sum of one round's outputs and the processor time of
//! all rounds in nanoseconds; reading and building are not counted.

use dsntk_feel::context::FeelContext;
use dsntk_feel::values::Value;
use dsntk_feel::FeelScope;

const NAMESPACE: &str = "https://example.org/bench";

fn used() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("the kernel tells processor time");
    stat.split(' ').next().and_then(|n| n.parse().ok()).expect("nanoseconds come first")
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, model, contexts, rounds] = args.as_slice() else { panic!("MODEL CONTEXTS ROUNDS") };
    let text = std::fs::read_to_string(model).expect("the model can be read");
    let definitions = dsntk_model::parse(&text).expect("the model is sound");
    let evaluator = dsntk_model_evaluator::ModelEvaluator::new(&[definitions]).expect("the model can be built");
    let lines = std::fs::read_to_string(contexts).expect("the contexts can be read");
    let scope = FeelScope::default();
    let inputs: Vec<FeelContext> = lines
        .lines()
        .map(|line| dsntk_feel_evaluator::evaluate_context(&scope, line).expect("a context"))
        .collect();
    let rounds: usize = rounds.parse().expect("a number of rounds");
    let number = |v: Value| match v {
        Value::Number(n) => n.to_string().parse::<i64>().expect("a whole number"),
        Value::Null(_) => 0,
        other => panic!("not a number: {other}"),
    };
    let sum: i64 = inputs.iter().map(|i| number(evaluator.evaluate_invocable(NAMESPACE, "bench", "amount", i))).sum();
    let before = used();
    for _ in 0..rounds {
        for input in &inputs {
            std::hint::black_box(evaluator.evaluate_invocable(NAMESPACE, "bench", "amount", input));
        }
    }
    println!("{sum} {}", used() - before);
}
