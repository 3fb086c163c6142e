//! The payload fields that a worker definition asks for, found while the payload is stepped over.

use crate::json::{Result, Scanner, Shape, Token};

/// Dotted paths as a tree. An arena, so that neither building nor dropping it recurses.
#[derive(Debug)]
pub struct Declared<'p> {
    nodes: Vec<Node<'p>>,
    paths: Vec<&'p str>,
}

#[derive(Debug, Default)]
struct Node<'p> {
    name: &'p str,
    children: Vec<usize>,
    /// The declared path that ends here, as an index into the caller's list.
    slot: Option<usize>,
    /// Every slot at or under this node: what a second spelling of this key makes void.
    slots_under: Vec<usize>,
}

/// A declared path that can never be found.
#[derive(Debug, PartialEq, Eq)]
pub struct BadPath(pub String);

impl<'p> Declared<'p> {
    /// Builds the tree of `paths`; a path that stands twice is found once, at its first place.
    ///
    /// # Errors
    /// A path that is empty or has an empty part (`"a..b"`), which is a slip and never a key.
    pub fn new(paths: Vec<&'p str>) -> std::result::Result<Self, BadPath> {
        let mut declared = Self {
            nodes: vec![Node::default()],
            paths: Vec::new(),
        };
        for (slot, path) in paths.iter().enumerate() {
            declared.insert(path, slot)?;
        }
        declared.paths = paths;
        Ok(declared)
    }

    /// The declared paths, in the caller's order.
    #[must_use]
    pub fn paths(&self) -> &[&'p str] {
        &self.paths
    }

    fn insert(&mut self, path: &'p str, slot: usize) -> std::result::Result<(), BadPath> {
        let mut here = ROOT;
        for part in path.split('.') {
            if part.is_empty() {
                return Err(BadPath(path.to_owned()));
            }
            here = match self.child(here, part.as_bytes()) {
                Some(child) => child,
                None => self.add(here, part),
            };
            if let Some(node) = self.nodes.get_mut(here) {
                node.slots_under.push(slot);
            }
        }
        if let Some(node) = self.nodes.get_mut(here) {
            node.slot.get_or_insert(slot);
        }
        Ok(())
    }

    fn add(&mut self, parent: usize, name: &'p str) -> usize {
        let new = self.nodes.len();
        self.nodes.push(Node {
            name,
            ..Node::default()
        });
        if let Some(node) = self.nodes.get_mut(parent) {
            node.children.push(new);
        }
        new
    }

    fn child(&self, parent: usize, name: &[u8]) -> Option<usize> {
        let named = |child: &&usize| {
            self.nodes
                .get(**child)
                .is_some_and(|node| node.name.as_bytes() == name)
        };
        self.nodes.get(parent)?.children.iter().find(named).copied()
    }
}

const ROOT: usize = 0;

/// An object on a declared path that is being read.
struct Frame {
    node: usize,
    start: usize,
}

/// Steps over the payload object at the next byte; returns the token of each declared path that
/// is present, in the order of the paths.
///
/// A key that stands twice: the last one wins, as it does in every JSON reader behind us, and it
/// also voids what was found inside the first. Costs one comparison per key of an object on a
/// declared path and declared child there; everything else is skipped at full speed.
pub(super) fn read(
    scanner: &mut Scanner<'_>,
    declared: &Declared<'_>,
) -> Result<Vec<Option<Token>>> {
    let mut found = vec![None; declared.paths.len()];
    if declared.paths.is_empty() {
        scanner.value()?;
        return Ok(found);
    }
    scanner.enter_object()?;
    let mut open = vec![Frame {
        node: ROOT,
        start: 0,
    }];
    while let Some(frame) = open.last() {
        let Some(key) = scanner.next_key()? else {
            let whole = Token {
                shape: Shape::Object,
                start: frame.start,
                end: scanner.at(),
            };
            store(&mut found, declared.nodes.get(frame.node), whole);
            open.pop();
            continue;
        };
        let child = declared.child(frame.node, &scanner.key(key));
        let Some((child, node)) = child.and_then(|at| Some((at, declared.nodes.get(at)?))) else {
            scanner.value()?;
            continue;
        };
        for slot in &node.slots_under {
            if let Some(token) = found.get_mut(*slot) {
                *token = None;
            }
        }
        if scanner.peek() == Some(b'{') && !node.children.is_empty() {
            open.push(Frame {
                node: child,
                start: scanner.at(),
            });
            scanner.enter_object()?;
        } else {
            store(&mut found, Some(node), scanner.value()?);
        }
    }
    Ok(found)
}

fn store(found: &mut [Option<Token>], node: Option<&Node<'_>>, token: Token) {
    let slot = node.and_then(|node| node.slot);
    if let Some(place) = slot.and_then(|slot| found.get_mut(slot)) {
        *place = Some(token);
    }
}
