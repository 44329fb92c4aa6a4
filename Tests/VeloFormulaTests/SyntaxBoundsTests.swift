import Testing
import VeloFormula

/// What nobody writes, and a parser that faces the network meets anyway.
@Suite struct SyntaxBoundsTests {
    private func parse(_ text: String) -> SyntaxTree { Parser.parse(SourceText(name: "demo.rb", text: text)) }

    private func repeated(_ text: String, _ count: Int = 100_000) -> String { String(repeating: text, count: count) }

    @Test(
        "a hundred thousand nested constructs are an error, not a crash",
        arguments: [
            "(", "[", "{a: ", "a(", "foo ", "a[", "-> { ", "a { |b| ", "if a\n", "begin\n", "def a(b = ", "\"#{", "!",
            "not ", "- ", "a = ", "a ? ", "a ** ", "return ", "case ", "a do\n", "class A\n", "for (", "(a, ", "..",
            "a { |b = ",
        ])
    func nesting(_ opening: String) {
        let tree = parse(repeated(opening))
        #expect(tree.diagnostics.map(\.id) == ["syntax.too-deep"])
    }

    @Test(
        "a hundred thousand links of a chain are an error, because trees are walked by recursion",
        arguments: [".a", " + 1", "[0]", " and a", " if a", "&.b(1)", "::B", " rescue b", " || c"])
    func chains(_ link: String) {
        let tree = parse("a" + repeated(link))
        #expect(tree.diagnostics.map(\.id) == ["syntax.too-deep"])
    }

    @Test("chains within parentheses add up")
    func chainsWithinParentheses() {
        let links = repeated(" + 1", 50)
        let tree = parse(repeated("(", 90) + "1" + repeated(links + ")", 90))
        #expect(tree.diagnostics.map(\.id) == ["syntax.too-deep"])
    }

    @Test("a hundred thousand `elsif`s are an error")
    func branches() {
        #expect(parse("if a\n" + repeated("elsif b\n") + "end").diagnostics.map(\.id) == ["syntax.too-deep"])
    }

    @Test("depth is counted from the top of each expression, so long files and long lists are fine")
    func width() {
        #expect(parse(repeated("a(b, [c])\n", 20_000)).diagnostics.isEmpty)
        #expect(parse("[" + repeated("1, ") + "]").diagnostics.isEmpty)
        #expect(parse("case a\n" + repeated("when 1 then b\n", 20_000) + "end").diagnostics.isEmpty)
        #expect(parse(repeated("'a' ", 50_000)).diagnostics.isEmpty)
    }

    @Test("a source of more than 4 MB is not read")
    func size() {
        let tree = parse(repeated("#", 5 << 20))
        #expect(tree.diagnostics.map(\.id) == ["syntax.too-large"])
    }

    @Test("a file full of mistakes reports the first twenty")
    func manyMistakes() {
        #expect(parse(repeated("a )\n")).diagnostics.count == 20)
        #expect(parse(repeated("<<A\n")).diagnostics.count == 20)
        #expect(parse(repeated("a %q(\n")).diagnostics.count == 20)
    }

    @Test("a literal that never ends is read once for every report, not once for every line")
    func unterminatedLiterals() {
        let clock = ContinuousClock()
        let time = clock.measure {
            for opening in ["a \"#{b\n", "a %w[\n", "a /x\n", "a '\n", "<<~A\n", "a \"b \n \"c\" \n"] {
                _ = parse(repeated(opening, 20_000))
            }
        }
        #expect(time < .seconds(10))
    }

    @Test("nothing makes an empty tree")
    func nothing() {
        for text in ["", "\n", "# only a comment", "\u{FEFF}", "__END__", "=begin\n=end"] {
            let tree = parse(text)
            #expect(tree.diagnostics.isEmpty)
            #expect(TreePrinter.text(of: tree.root) == "sequence\n")
        }
    }
}
