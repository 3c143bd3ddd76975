//! Where a script adds to its collections, as its source says: `cache.set(key, value)`, `this.#lines.push(line)`,
//! `byUser[id] = session`, by the name of what is added to. What is added to something inside of it is added to it as well:
//! `topics.get(name).push(listener)`, `(days[day] ??= {})[user] = 1`. `O(nodes)`.

use oxc_ast::AstKind;
use oxc_ast::ast::{AssignmentTarget, Expression};
use oxc_semantic::AstNodes;
use oxc_span::GetSpan;

/// What adds to an object by a key, as methods do to other collections.
pub const BY_KEY: &str = "[]";

/// Methods that add.
const ADDING: [&str; 4] = ["set", "add", "push", "unshift"];
/// What gives something inside of a collection.
const INSIDE: &str = "get";

/// One place that adds.
pub(super) struct Addition {
    /// The variable or property that is added to; with `#`, if that is private.
    pub(super) name: String,
    /// The method, or [`BY_KEY`].
    pub(super) method: &'static str,
    /// Where it begins, in bytes.
    pub(super) start: u32,
    /// The number of its node.
    pub(super) node: usize,
}

/// All of a text, in its order.
pub(super) fn read(nodes: &AstNodes<'_>) -> Vec<Addition> {
    let mut found = Vec::new();
    for node in nodes.iter() {
        let addition = match node.kind() {
            AstKind::CallExpression(call) => method_called(&call.callee),
            AstKind::AssignmentExpression(assignment) if !is_nothing(&assignment.right) => {
                key_set(&assignment.left).map(|name| (name, BY_KEY))
            }
            _ => None,
        };
        let (start, node) = (node.kind().span().start, node.id().index());
        found.extend(addition.map(|(name, method)| Addition { name, method, start, node }));
    }
    found
}

fn method_called(callee: &Expression<'_>) -> Option<(String, &'static str)> {
    let Expression::StaticMemberExpression(member) = callee.get_inner_expression() else { return None };
    let method = ADDING.into_iter().find(|method| member.property.name == *method)?;
    Some((name_of(&member.object)?, method))
}

fn key_set(target: &AssignmentTarget<'_>) -> Option<String> {
    match target {
        AssignmentTarget::ComputedMemberExpression(member) => name_of(&member.object),
        _ => None,
    }
}

/// The variable or property that an expression is, or stands in.
fn name_of(expression: &Expression<'_>) -> Option<String> {
    match expression.get_inner_expression() {
        Expression::Identifier(variable) => Some(variable.name.to_string()),
        Expression::StaticMemberExpression(member) => Some(member.property.name.to_string()),
        Expression::PrivateFieldExpression(member) => Some(format!("#{}", member.field.name)),
        Expression::ComputedMemberExpression(member) => name_of(&member.object),
        Expression::AssignmentExpression(assignment) => key_set(&assignment.left),
        Expression::CallExpression(call) => match call.callee.get_inner_expression() {
            Expression::StaticMemberExpression(member) if member.property.name == INSIDE => name_of(&member.object),
            _ => None,
        },
        _ => None,
    }
}

/// What stands where something was.
fn is_nothing(value: &Expression<'_>) -> bool {
    match value.get_inner_expression() {
        Expression::NullLiteral(_) => true,
        Expression::Identifier(variable) => variable.name == "undefined",
        _ => false,
    }
}
