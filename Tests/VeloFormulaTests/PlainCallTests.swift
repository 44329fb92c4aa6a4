import Testing
import VeloFormula

/// A name with a text behind it is read at a stroke; with two blanks between them, step by step.
@Suite struct PlainCallTests {
    @Test(
        "both readings make the same tree",
        arguments: [
            "desc \"text\"", "x = 1\n  desc \"text\"", "desc = 1\n  desc \"text\"", "it \"text\"", "_1 \"text\"",
            "desc \"text\"\n    .strip", "desc \"text\"\n    # remark\n    .strip", "desc \"text\"\n    &.strip",
            "desc \"text\" # remark", "desc \"text\" if true", "desc \"te\\nxt\"", "desc \"#{1}\"", "desc \"#1\"",
            "desc \"\"", "desc \"text\" \"more\"", "desc \"text\": 1", "desc \"text\" => :build",
            "desc \"text\" do\n  end",
            "desc \"text\", 1", "nil? \"text\"", "run! \"text\"", "desc \"text", "desc \"te\nxt\"",
            "if \"text\"\n  end",
            "not \"text\"", "self \"text\"", "desc \"text\"\n  desc \"text\"", "test do\n    system \"text\"\n  end",
            "def a\n    system \"text\"\n  end", "x { desc \"text\"\n  }", "desc \"text\" }",
            "desc \"text\" \\\n  \"more\"",
        ])
    func same(_ text: String) {
        #expect(outcome(text) == outcome(text.replacing(" \"te", with: "  \"te").replacing(" \"\"", with: "  \"\"")))
    }

    private func outcome(_ text: String) -> [String] {
        let tree = Parser.parse(SourceText(name: "sample.rb", text: "class Sample\n  \(text)\nend\n"))
        // The tree's text shows what is wrong at its column, which differs.
        if tree.diagnostics.isEmpty { return [TreePrinter.text(of: tree)] }
        return tree.diagnostics.map { "\($0.id) \($0.message)" }
    }
}
