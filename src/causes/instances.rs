//! Finds objects by the name of their class, as V8 wrote it. `O(strings + n)`.

use crate::cancel::CancelToken;
use crate::error::Result;
use crate::snapshot::{Heap, NodeIndex, NodeKind, StringIndex};

/// Every object of one of the `classes`, with the position of its class among them, in file order.
pub(super) fn find(heap: &Heap, classes: &[&str], cancel: &CancelToken) -> Result<Vec<(NodeIndex, usize)>> {
    // V8 writes every string once, so these are as few as the classes.
    let names: Vec<(StringIndex, usize)> = heap.strings.find_all(classes);
    let mut found = Vec::new();
    if names.is_empty() {
        return Ok(found);
    }
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if heap.nodes.kind(node) == NodeKind::OBJECT {
            let name = heap.nodes.name(node);
            found.extend(names.iter().find(|it| it.0 == name).map(|&(_, class)| (node, class)));
        }
    }
    Ok(found)
}

/// Every one of the VM's own objects of this name, in file order.
pub(super) fn find_hidden(heap: &Heap, name: &str, cancel: &CancelToken) -> Result<Vec<NodeIndex>> {
    let names = heap.strings.find_all(&[name]);
    let mut found = Vec::new();
    if names.is_empty() {
        return Ok(found);
    }
    for node in heap.nodes.indices() {
        if node.at().is_multiple_of(CancelToken::STRIDE) {
            cancel.check()?;
        }
        if heap.nodes.kind(node) == NodeKind::HIDDEN && names.iter().any(|it| it.0 == heap.nodes.name(node)) {
            found.push(node);
        }
    }
    Ok(found)
}
