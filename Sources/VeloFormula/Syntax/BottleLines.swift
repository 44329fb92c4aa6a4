/// What a bottle block says, if it is one as `brew bottle` writes it.
///
/// About one line in seven of a tap belongs to such a block. They are taken from the bytes as they stand, without tokens and
/// trees; a block with anything else in it is read like any other.
struct BottleLines: Sendable {
    struct File: Sendable {
        var cellar: Cellar?
        let tag: String
        let sha256: String
    }

    enum Cellar: Sendable {
        case symbol(String)
        case path(String)
    }

    fileprivate(set) var rebuild: Int?
    fileprivate(set) var rootURL: String?
    fileprivate(set) var files: [File] = []
}

/// Reads the lines between `bottle do` and its `end`.
struct BottleLineReader {
    private let bytes: SourceBytes
    /// Where reading stands; in the end, at `end`.
    private(set) var position: Int

    /// `position` is the one behind `do`.
    init(_ bytes: SourceBytes, at position: Int) {
        self.bytes = bytes
        self.position = position
    }

    /// Nil if there is anything in the block that is not written in the usual way.
    mutating func read() -> BottleLines? {
        var lines = BottleLines()
        lines.files.reserveCapacity(8)
        guard endLine() else { return nil }
        while true {
            skipBlanks()
            let start = position
            if endLine() { continue }
            if take("sha256 ") {
                guard let file = readFile() else { return nil }
                lines.files.append(file)
            } else if take("rebuild ") {
                guard let number = readNumber() else { return nil }
                lines.rebuild = number
            } else if take("root_url ") {
                guard let text = readString() else { return nil }
                lines.rootURL = text
            } else if take("end\n") {
                position = start
                return lines
            } else {
                return nil
            }
            guard endLine() else { return nil }
        }
    }

    /// `cellar: :any, tag: "digest"`
    private mutating func readFile() -> BottleLines.File? {
        skipBlanks()
        var cellar: BottleLines.Cellar?
        if take("cellar: ") {
            if take(":") {
                guard let name = readName() else { return nil }
                cellar = .symbol(name)
            } else {
                guard let path = readString() else { return nil }
                cellar = .path(path)
            }
            guard take(",") else { return nil }
            skipBlanks()
        }
        guard let tag = readName(), tag != "cellar", take(": ") else { return nil }
        skipBlanks()
        return readString().map { BottleLines.File(cellar: cellar, tag: tag, sha256: $0) }
    }

    private mutating func readName() -> String? {
        let start = position
        guard bytes[start].startsName else { return nil }
        while bytes[position].continuesName { position += 1 }
        return bytes.text(start, position)
    }

    /// A text in quotes that is its own value.
    private mutating func readString() -> String? {
        guard take("\"") else { return nil }
        let start = position
        position = bytes.first(Lexer.quoteStops, from: start)
        let end = position
        return take("\"") ? bytes.text(start, end) : nil
    }

    private mutating func readNumber() -> Int? {
        let start = position
        while bytes[position].isDigit { position += 1 }
        // A zero in front would make it an octal one.
        let isPlain = position > start && position - start < 10 && (bytes[start] != UInt8(ascii: "0"))
        return isPlain ? Int(bytes.text(start, position)) : nil
    }

    /// Steps over the rest of a line that has nothing more to say; false if it has.
    private mutating func endLine() -> Bool {
        skipBlanks()
        if bytes[position] == .hash { position = bytes.first(of: .lineEnd, from: position) }
        return take("\n")
    }

    private mutating func skipBlanks() {
        while bytes[position].isBlank { position += 1 }
    }

    private mutating func take(_ text: StaticString) -> Bool {
        guard bytes.hasPrefix(text, at: position) else { return false }
        position += text.utf8CodeUnitCount
        return true
    }
}

extension Parser {
    /// The block of a `bottle do` that is written in the usual way; nil for any other, which is then still to be read.
    mutating func parseBottleBlock(from start: Int) -> BlockNode? {
        guard allowsDo, lexer.heredocResume == 0 else { return nil }
        var reader = BottleLineReader(lexer.bytes, at: token.end)
        guard let lines = reader.read() else { return nil }
        let opening = token.start
        lexer.position = reader.position
        lexer.state = .value
        advance()
        advance()
        let body = DeferredBody(lexer.source, start: start)
        return BlockNode(bottle: lines, body: body, span: SourceSpan(opening, previousEnd))
    }
}
