import Testing
import VeloFormula

/// Damaged sources: whatever the bytes are, reading them ends, and damage that leaves no tree is reported.
@Suite struct SyntaxFuzzTests {
    private static let fixtures = Fixture.all(in: "syntax") + Fixture.all(in: "errors")

    @Test("a file cut off at any byte is read to its end", arguments: fixtures)
    func truncation(_ fixture: Fixture) throws {
        let bytes = try fixture.source().bytes
        for length in 0..<bytes.count {
            check(Array(bytes[..<length]))
        }
    }

    @Test("changed, doubled, lost and swapped bytes are read to their end", arguments: fixtures)
    func mutation(_ fixture: Fixture) throws {
        let bytes = try fixture.source().bytes
        var random = SplitMix(state: 0x5EED)
        for _ in 0..<300 {
            var mutated = bytes
            for _ in 0...Int.random(in: 0..<4, using: &random) where !mutated.isEmpty { mutate(&mutated, &random) }
            check(mutated)
        }
    }

    @Test("random runs of tokens are read to their end")
    func soup() {
        var random = SplitMix(state: 0xC0FFEE)
        for _ in 0..<2_000 {
            let length = Int.random(in: 1..<80, using: &random)
            let words = (0..<length).map { _ in Self.words.randomElement(using: &random) ?? "" }
            check(Array(words.joined(separator: Bool.random(using: &random) ? " " : "").utf8))
        }
    }

    /// Spans stay within the source, and text that could not be read has a diagnostic.
    private func check(_ bytes: [UInt8]) {
        let source = SourceText(name: "fuzz.rb", bytes: bytes)
        let tree = Parser.parse(source)
        for diagnostic in tree.diagnostics {
            if Int(diagnostic.span.start) > bytes.count || diagnostic.rendered(in: source).isEmpty {
                Issue.record("\(diagnostic) lies outside of \(source.text(SourceSpan(0, bytes.count)))")
            }
        }
        if tree.diagnostics.isEmpty, TreePrinter.text(of: tree).contains("missing\n") {
            Issue.record("unread without a diagnostic: \(source.text(SourceSpan(0, bytes.count)))")
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Self.punctuation.randomElement(using: &random) ?? 0, at: place)
        case 3: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &random))
        default:
            let end = min(bytes.count, place + Int.random(in: 1..<40, using: &random))
            bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0..<bytes.count, using: &random))
        }
    }

    private static let punctuation = Array("\"'`#{}()[]<>|&*?:;,.=!~/%\\@$-+\n \t\0".utf8)

    private static let words = [
        "\"", "'", "`", "#{", "}", "{", "(", ")", "[", "]", "<<~A", "<<A", "\nA\n", "\n", ";", ",", ".", "&.", "::",
        ":", "?", "=>", "->", "=", "+=", "==", "!", "-", "+", "*", "**", "&", "|", "||", "&&", "/", "%", "%w[",
        "%q(", "%", "<", "<<", "..", "...", "a", "b:", "A", "@a", "$1", "1", "2.5", ":s", "\"s\"", "if", "unless",
        "while", "do", "end", "def", "class", "module", "case", "when", "in", "then", "else", "elsif", "begin",
        "rescue", "ensure", "return", "yield", "super", "and", "or", "not", "defined?", "alias", "undef", "for",
        "self", "nil", "__END__", "\\", "?x", "|x|",
    ]
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
