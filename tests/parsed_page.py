import html.parser


class ParsedPage(html.parser.HTMLParser):
    """Collects what a page would load, and whether its tags are closed."""

    def __init__(self, text):
        super().__init__()
        self.sources, self.open, self.text, self.cells = [], [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.sources += [
            attributes[name] for name in ("src", "href") if name in attributes
        ]
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1][-1] += data
