/// JSON whose objects keep the order they are given in, as Ruby's `JSON.pretty_generate` prints it.
package enum OrderedJSON {
    case null
    case bool(Bool)
    case number(Int)
    case string(String)
    case array([OrderedJSON])
    case object([(String, OrderedJSON)])

    package init(_ text: String?) { self = text.map(OrderedJSON.string) ?? .null }
    package init(_ number: Int?) { self = number.map(OrderedJSON.number) ?? .null }
    package init(_ texts: [String]?) { self = texts.map { .array($0.map(OrderedJSON.string)) } ?? .null }

    package init(sorting members: [String: String]) {
        self = .object(members.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }

    /// Two blanks of indentation, no newline at the end.
    package var pretty: String {
        var text = ""
        write(to: &text, indent: "")
        return text
    }

    private func write(to text: inout String, indent: String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let value): text += String(value)
        case .string(let value): Self.quote(value, to: &text)
        case .array(let items) where items.isEmpty: text += "[]"
        case .object(let members) where members.isEmpty: text += "{}"
        case .array(let items):
            text += "[\n"
            for (index, item) in items.enumerated() {
                text += indent + "  "
                item.write(to: &text, indent: indent + "  ")
                text += index + 1 < items.count ? ",\n" : "\n"
            }
            text += indent + "]"
        case .object(let members):
            text += "{\n"
            for (index, member) in members.enumerated() {
                text += indent + "  "
                Self.quote(member.0, to: &text)
                text += ": "
                member.1.write(to: &text, indent: indent + "  ")
                text += index + 1 < members.count ? ",\n" : "\n"
            }
            text += indent + "}"
        }
    }

    private static func quote(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{8}": text += "\\b"
            case "\u{c}": text += "\\f"
            case "\0"..<" ":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
