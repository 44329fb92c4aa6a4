/// Methods of Regexp, and matching as the rest of the evaluator uses it.
enum RegexpMethods {
    static let table = MethodTable { table in
        table.define("match") { call in
            guard let text = call[0].characters else {
                call.interpreter.lastMatch = nil
                return .nil
            }
            return try call.interpreter.match(box(call), text).map { .object($0) } ?? .nil
        }
        table.define("match?") { call in
            guard let text = call[0].characters else { return .bool(false) }
            return .bool(try call.interpreter.match(box(call), text, remembers: false) != nil)
        }
        table.define("=~") { call in
            guard let text = call[0].characters else { return .nil }
            return try call.interpreter.match(box(call), text).map { .int($0.position(of: 0)) } ?? .nil
        }
        table.define("===") { call in .bool(try call.interpreter.caseEqual(call.receiver, call[0])) }
        table.define("source") { call in .text(try box(call).source) }
        table.define("to_s") { call in .text(try box(call).embeddedSource) }
        table.define("names") { call in .texts(try box(call).program.names.map(\.name)) }
        table.define("freeze") { call in call.receiver }
    }

    static let statics = MethodTable { table in
        table.define("new", "compile") { call in
            if case .regexp = call[0] { return call[0] }
            var options = RegexpOptions()
            options.ignoresCase = call.count > 1 && call[1].isTruthy
            return .regexp(try call.interpreter.regexp(try call.text(0), options))
        }
        table.define("escape", "quote") { call in .text(escaped(try call.text(0))) }
        table.define("union") { call in
            let parts = try call.interpreter.flattened(call.arguments).map { part in
                if case .regexp(let regexp) = part { return regexp.embeddedSource }
                return escaped(try call.interpreter.string(of: part))
            }
            return .regexp(try call.interpreter.regexp(parts.joined(separator: "|"), RegexpOptions()))
        }
        table.define("last_match") { call in
            guard let match = call.interpreter.lastMatch else { return .nil }
            return call.count > 0 ? match.group(try call.integer(0)) : .object(match)
        }
    }

    private static func box(_ call: Call) throws -> RegexpBox {
        guard case .regexp(let box) = call.receiver else { throw call.raising("TypeError", "not a regexp") }
        return box
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case " ": result += "\\ "
            case "[", "]", "{", "}", "(", ")", "|", "-", "*", ".", "\\", "?", "+", "^", "$", "#":
                result += "\\\(character)"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}

extension Interpreter {
    func regexp(_ source: String, _ options: RegexpOptions) throws -> RegexpBox {
        do {
            return try RegexpBox(source, options: options)
        } catch let error as RegexpSyntaxError {
            throw Unwind.refused(
                Refusal(
                    id: "unsupported.regexp",
                    message: "the regular expression `\(source)` is not understood: \(error.reason)", span: site))
        }
    }

    /// A regular expression, or one that matches a text literally.
    func pattern(_ value: Value) throws -> RegexpBox {
        if case .regexp(let regexp) = value { return regexp }
        guard let text = value.characters else {
            throw exception("TypeError", "wrong argument type \(className(of: value)) (expected Regexp)")
        }
        return try regexp(RegexpMethods.escaped(text), RegexpOptions())
    }

    /// A pattern where a string is one, too, as `match` takes it.
    func expression(_ value: Value) throws -> RegexpBox {
        if case .regexp(let regexp) = value { return regexp }
        guard let text = value.characters else { return try pattern(value) }
        return try regexp(text, RegexpOptions())
    }

    /// The leftmost match from a byte on.
    func match(_ regexp: RegexpBox, _ text: String, from start: Int = 0, remembers: Bool = true) throws -> MatchObject?
    {
        let bytes = Array(text.utf8)
        let match = try match(regexp, bytes, from: start)
        if remembers { lastMatch = match }
        return match
    }

    private func match(_ regexp: RegexpBox, _ bytes: [UInt8], from start: Int) throws -> MatchObject? {
        do {
            let bounds = try RegexpMatcher.search(
                regexp.program, in: bytes, from: start, steps: context.budget.matchSteps)
            return bounds.map { MatchObject(bytes: bytes, bounds: $0, names: regexp.program.names) }
        } catch {
            throw Unwind.refused(
                Refusal(
                    id: "budget.regexp", message: "matching `\(regexp.source)` takes too many steps",
                    hint: "make the expression less ambiguous", span: site))
        }
    }

    /// All matches, one after the other.
    func matches(_ regexp: RegexpBox, _ text: String, remembers: Bool = true) throws -> [MatchObject] {
        let bytes = Array(text.utf8)
        var found: [MatchObject] = []
        var start = 0
        while start <= bytes.count, let next = try match(regexp, bytes, from: start) {
            found.append(next)
            let end = next.bounds[1]
            start = end > next.bounds[0] ? end : end < bytes.count ? end + UTF8Text.length(bytes[end]) : end + 1
        }
        if remembers { lastMatch = found.last }
        return found
    }
}

/// A MatchData.
final class MatchObject: ObjectBox {
    let bytes: [UInt8]
    /// Start and end byte of each group, -1 where it took no part.
    let bounds: [Int]
    let names: [(name: String, group: Int)]

    init(bytes: [UInt8], bounds: [Int], names: [(name: String, group: Int)]) {
        self.bytes = bytes
        self.bounds = bounds
        self.names = names
    }

    override var nativeClassName: String { "MatchData" }
    override var nativeMethods: MethodTable { Self.table }
    override var displayText: String { text(0) ?? "" }

    var groupCount: Int { bounds.count / 2 }
    var before: String { UTF8Text.string(bytes[..<bounds[0]]) }
    var after: String { UTF8Text.string(bytes[bounds[1]...]) }

    func text(_ group: Int) -> String? {
        guard group >= 0, group < groupCount, bounds[group * 2] >= 0, bounds[group * 2 + 1] >= bounds[group * 2] else {
            return nil
        }
        return UTF8Text.string(bytes[bounds[group * 2]..<bounds[group * 2 + 1]])
    }

    func group(_ number: Int) -> Value { .optionalText(text(number < 0 ? number + groupCount : number)) }

    func group(named value: Value, _ call: Call) throws -> Value {
        if let number = value.integer { return group(number) }
        let name = value.characters ?? ""
        guard
            let group = names.last(where: { $0.name == name && text($0.group) != nil })
                ?? names.last(where: { $0.name == name })
        else { throw call.raising("IndexError", "undefined group name reference: \(name)") }
        return self.group(group.group)
    }

    /// Where a group starts, in scalars.
    func position(of group: Int) -> Int { UTF8Text.position(ofByte: max(0, bounds[group * 2]), in: bytes) }

    /// A replacement text with `\1`, `\0`, `\k<name>` filled in.
    func expand(_ template: String) -> String {
        Self.expand(
            template, names: { name in self.names.last { $0.name == name }.flatMap { self.text($0.group) } ?? "" }
        ) {
            self.text($0) ?? ""
        }
    }

    static func expand(
        _ template: String, names: (String) -> String = { _ in "" }, group: (Int) -> String
    ) -> String {
        let bytes = Array(template.utf8)
        guard bytes.contains(UInt8(ascii: "\\")) else { return template }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
                result.append(bytes[index])
                index += 1
                continue
            }
            let next = bytes[index + 1]
            index += 2
            switch next {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): result += group(Int(next) - 48).utf8
            case UInt8(ascii: "&"): result += group(0).utf8
            case UInt8(ascii: "\\"): result.append(next)
            case UInt8(ascii: "k"):
                if index < bytes.count, bytes[index] == UInt8(ascii: "<"),
                    let end = bytes[index...].firstIndex(of: UInt8(ascii: ">"))
                {
                    result += names(UTF8Text.string(bytes[index + 1..<end])).utf8
                    index = end + 1
                }
            default: result += [UInt8(ascii: "\\"), next]
            }
        }
        return UTF8Text.string(result)
    }

    private static let table = MethodTable { table in
        table.define("[]") { call in try match(call).group(named: call[0], call) }
        table.define("to_a") { call in
            let match = try match(call)
            return .list((0..<match.groupCount).map { match.group($0) })
        }
        table.define("captures") { call in
            let match = try match(call)
            return .list((1..<max(1, match.groupCount)).map { match.group($0) })
        }
        table.define("named_captures") { call in
            let match = try match(call)
            return .hash(HashBox(match.names.map { (.text($0.name), match.group($0.group)) }))
        }
        table.define("names") { call in .texts(try match(call).names.map(\.name)) }
        table.define("pre_match") { call in .text(try match(call).before) }
        table.define("post_match") { call in .text(try match(call).after) }
        table.define("to_s") { call in try match(call).group(0) }
        table.define("begin") { call in .int(try match(call).position(of: call.integer(0))) }
        table.define("values_at") { call in
            let match = try match(call)
            return .list(call.arguments.map { match.group($0.integer ?? 0) })
        }
    }

    private static func match(_ call: Call) throws -> MatchObject {
        guard case .object(let match as MatchObject) = call.receiver else {
            throw call.raising("TypeError", "not a match")
        }
        return match
    }
}
