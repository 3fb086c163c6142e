"""Does a template take the content of a message in parts? vLLM asks the template itself.

As vLLM's `renderers/hf.py` decides: yes, if it loops over the `content` of what it meets in a loop
over the messages. Content that goes through another variable or a macro first is not seen there,
so it must not be seen here.
"""

from jinja2 import nodes

from pyworker.workload.chat_render import environment


def loops_over_parts(source: str) -> bool:
    """Whether vLLM would pass parts to this template, and not their joined texts."""
    tree = environment(trim=True).parse(source)
    lists = {"messages"}
    while True:
        more = {
            assign.target.name
            for assign in tree.find_all(nodes.Assign)
            if isinstance(assign.target, nodes.Name) and _name(assign.node) in lists
        }
        if more <= lists:
            break
        lists |= more
    loops = list(tree.find_all(nodes.For))
    items = {
        loop.target.name
        for loop in loops
        if isinstance(loop.target, nodes.Name) and _name(loop.iter) in lists
    }
    return any(_content_of(loop.iter) in items for loop in loops)


def _inner(node: nodes.Node | None) -> nodes.Node | None:
    """Without filters, tests and slices, which leave a list a list."""
    while True:
        match node:
            case nodes.Filter(node=inner) | nodes.Test(node=inner):
                node = inner
            case nodes.Getitem(node=inner, arg=nodes.Slice()):
                node = inner
            case _:
                return node


def _name(node: nodes.Node) -> str | None:
    inner = _inner(node)
    return inner.name if isinstance(inner, nodes.Name) else None


def _content_of(node: nodes.Node) -> str | None:
    """The variable whose `content` this is."""
    match _inner(node):
        case nodes.Getattr(node=nodes.Name(name=name), attr="content"):
            return name
        case nodes.Getitem(node=nodes.Name(name=name), arg=nodes.Const(value="content")):
            return name
        case _:
            return None
