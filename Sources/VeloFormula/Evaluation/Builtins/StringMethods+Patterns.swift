/// Methods of String that search: by text or by regular expression.
extension StringMethods {
    static func definePatterns(_ table: inout MethodTable) {
        defineSearch(&table)
        defineSplitting(&table)
        table.define("[]", "slice") { call in try slice(call) }
        table.define("sub") { call in .text(try substituted(call, isGlobal: false) ?? box(call).text) }
        table.define("gsub") { call in .text(try substituted(call, isGlobal: true) ?? box(call).text) }
    }

    private static func defineSearch(_ table: inout MethodTable) {
        table.define("include?") { call in
            let needle = Array(try call.text(0).utf8)
            return .bool(UTF8Text.find(needle, in: Array(try box(call).text.utf8), from: 0) != nil)
        }
        table.define("exclude?") { call in
            let needle = Array(try call.text(0).utf8)
            return .bool(UTF8Text.find(needle, in: Array(try box(call).text.utf8), from: 0) == nil)
        }
        table.define("start_with?") { call in
            let text = try box(call).text
            for argument in call.arguments {
                if case .regexp(let regexp) = argument {
                    if let match = try call.interpreter.match(regexp, text), match.bounds[0] == 0 { return .bool(true) }
                } else if let prefix = argument.characters, text.utf8.starts(with: prefix.utf8) {
                    return .bool(true)
                }
            }
            return .bool(false)
        }
        table.define("=~") { call in
            guard case .regexp(let regexp) = call[0] else { return .nil }
            guard let match = try call.interpreter.match(regexp, box(call).text) else { return .nil }
            return .int(match.position(of: 0))
        }
        table.define("!~") { call in
            guard case .regexp(let regexp) = call[0] else { return .bool(true) }
            return .bool(try call.interpreter.match(regexp, box(call).text) == nil)
        }
        table.define("match") { call in
            try call.interpreter.match(call.interpreter.expression(call[0]), box(call).text).map { .object($0) } ?? .nil
        }
        table.define("match?") { call in
            .bool(
                try call.interpreter.match(call.interpreter.expression(call[0]), box(call).text, remembers: false)
                    != nil)
        }
        table.define("scan") { call in
            let matches = try call.interpreter.matches(call.interpreter.pattern(call[0]), box(call).text)
            let results: [Value] = matches.map { match in
                match.groupCount > 1 ? .list((1..<match.groupCount).map { match.group($0) }) : match.group(0)
            }
            guard let block = call.block else { return .list(results) }
            for (match, result) in zip(matches, results) {
                call.interpreter.lastMatch = match
                _ = try call.interpreter.call(block, [result])
            }
            return call.receiver
        }
        table.define("index") { call in
            let text = try box(call).text
            let bytes = Array(text.utf8)
            let from = UTF8Text.byte(ofPosition: call.count > 1 ? try call.integer(1) : 0, in: bytes) ?? bytes.count
            if case .regexp(let regexp) = call[0] {
                guard let match = try call.interpreter.match(regexp, text, from: from) else { return .nil }
                return .int(match.position(of: 0))
            }
            guard let found = UTF8Text.find(Array(try call.text(0).utf8), in: bytes, from: from) else { return .nil }
            return .int(UTF8Text.position(ofByte: found, in: bytes))
        }
        table.define("rindex") { call in
            let bytes = Array(try box(call).text.utf8)
            if case .regexp(let regexp) = call[0] {
                guard let match = try call.interpreter.matches(regexp, box(call).text).last else { return .nil }
                return .int(match.position(of: 0))
            }
            guard let found = UTF8Text.findLast(Array(try call.text(0).utf8), in: bytes, upTo: bytes.count) else {
                return .nil
            }
            return .int(UTF8Text.position(ofByte: found, in: bytes))
        }
    }

    private static func defineSplitting(_ table: inout MethodTable) {
        table.define("split") { call in
            let parts = try TextSplitting.split(
                box(call).text, by: call[0], limit: call.count > 1 ? try call.integer(1) : 0, call)
            guard let block = call.block else { return .texts(parts) }
            for part in parts { _ = try call.interpreter.call(block, [.text(part)]) }
            return call.receiver
        }
        table.define("partition") { call in
            let text = try box(call).text
            guard let match = try call.interpreter.match(call.interpreter.pattern(call[0]), text) else {
                return .texts([text, "", ""])
            }
            return .texts([match.before, match.text(0) ?? "", match.after])
        }
        table.define("rpartition") { call in
            let text = try box(call).text
            guard let match = try call.interpreter.matches(call.interpreter.pattern(call[0]), text).last else {
                return .texts(["", "", text])
            }
            return .texts([match.before, match.text(0) ?? "", match.after])
        }
    }

    /// `text[1]`, `text[1, 2]`, `text[1..]`, `text["x"]`, `text[/re/]`, `text[/re/, 1]`
    static func slice(_ call: Call) throws -> Value {
        let text = try box(call).text
        switch call[0] {
        case .int(let index):
            let count = UTF8Text.count(text)
            let start = index < 0 ? index + count : index
            guard call.count > 1 else {
                return start >= 0 && start < count ? .text(UTF8Text.slice(text, start..<start + 1)) : .nil
            }
            let length = try call.integer(1)
            guard start >= 0, start <= count, length >= 0 else { return .nil }
            return .text(UTF8Text.slice(text, start..<min(count, start + length)))
        case .range(let range):
            guard let indices = range.indices(in: UTF8Text.count(text)) else { return .nil }
            return .text(UTF8Text.slice(text, indices))
        case .string(let needle):
            return UTF8Text.find(Array(needle.text.utf8), in: Array(text.utf8), from: 0) == nil
                ? .nil : .text(needle.text)
        case .regexp(let regexp):
            guard let match = try call.interpreter.match(regexp, text) else { return .nil }
            return call.count > 1 ? try match.group(named: call[1], call) : match.group(0)
        default: throw call.unsupported("this argument")
        }
    }

    /// What `sub` and `gsub` make of a text, or nil where nothing matched.
    static func substituted(_ call: Call, isGlobal: Bool) throws -> String? {
        try substituted(box(call).text, call, isGlobal: isGlobal)
    }

    static func substituted(_ text: String, _ call: Call, isGlobal: Bool) throws -> String? {
        guard call.count > 0 else { throw call.wrongCount() }
        guard case .regexp(let regexp) = call[0] else {
            guard call.count > 1 || call.block != nil else { throw call.wrongCount() }
            return try substitutedText(text, needle: call.text(0), call, isGlobal: isGlobal)
        }
        let interpreter = call.interpreter
        let found =
            isGlobal ? try interpreter.matches(regexp, text) : try interpreter.match(regexp, text).map { [$0] } ?? []
        guard !found.isEmpty else { return nil }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var last = 0
        for match in found {
            result += bytes[last..<match.bounds[0]]
            last = match.bounds[1]
            result += try replacement(for: match, call).utf8
        }
        result += bytes[last...]
        interpreter.lastMatch = found.last
        return UTF8Text.string(result)
    }

    private static func replacement(for match: MatchObject, _ call: Call) throws -> String {
        if call.count > 1 {
            if case .hash(let box) = call[1] {
                return try box[match.group(0)].map { try call.interpreter.string(of: $0) } ?? ""
            }
            return match.expand(try call.text(1))
        }
        call.interpreter.lastMatch = match
        return try call.interpreter.string(of: call.yield(match.group(0)))
    }

    private static func substitutedText(_ text: String, needle: String, _ call: Call, isGlobal: Bool) throws -> String?
    {
        let bytes = Array(text.utf8)
        let wanted = Array(needle.utf8)
        guard var found = UTF8Text.find(wanted, in: bytes, from: 0) else { return nil }
        var result: [UInt8] = []
        var last = 0
        while true {
            result += bytes[last..<found]
            if call.count > 1 {
                if case .hash(let box) = call[1] {
                    result += try call.interpreter.string(of: box[.text(needle)] ?? .nil).utf8
                } else {
                    result += MatchObject.expand(try call.text(1)) { $0 == 0 ? needle : "" }.utf8
                }
            } else {
                result += try call.interpreter.string(of: call.yield(.text(needle))).utf8
            }
            last = found + wanted.count
            guard isGlobal, !wanted.isEmpty, let next = UTF8Text.find(wanted, in: bytes, from: last) else { break }
            found = next
        }
        result += bytes[last...]
        return UTF8Text.string(result)
    }
}

/// `String#split`
enum TextSplitting {
    static func split(_ text: String, by separator: Value, limit: Int, _ call: Call) throws -> [String] {
        if text.isEmpty { return [] }
        var parts: [String]
        switch separator {
        case .nil: parts = onBlanks(text, limit: limit)
        case .string(let box) where box.text == " ": parts = onBlanks(text, limit: limit)
        case .string(let box): parts = on(Array(box.text.utf8), text, limit: limit)
        case .regexp(let regexp): parts = try on(regexp, text, limit: limit, call)
        default: throw call.unsupported("this separator")
        }
        if limit == 0 { while parts.last?.isEmpty ?? false { parts.removeLast() } }
        return parts
    }

    private static func onBlanks(_ text: String, limit: Int) -> [String] {
        let bytes = Array(text.utf8)
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) || byte == 0 }
        var parts: [String] = []
        var index = 0
        while true {
            while index < bytes.count, isBlank(bytes[index]) { index += 1 }
            guard index < bytes.count else {
                if limit != 0, bytes.last.map(isBlank) ?? false { parts.append("") }
                return parts
            }
            if limit > 0, parts.count == limit - 1 { return parts + [UTF8Text.string(bytes[index...])] }
            let end = bytes[index...].firstIndex(where: isBlank) ?? bytes.count
            parts.append(UTF8Text.string(bytes[index..<end]))
            index = end
        }
    }

    private static func on(_ separator: [UInt8], _ text: String, limit: Int) -> [String] {
        if separator.isEmpty { return text.unicodeScalars.map { String($0) } }
        let bytes = Array(text.utf8)
        var parts: [String] = []
        var start = 0
        while limit <= 0 || parts.count < limit - 1, let found = UTF8Text.find(separator, in: bytes, from: start) {
            parts.append(UTF8Text.string(bytes[start..<found]))
            start = found + separator.count
        }
        return parts + [UTF8Text.string(bytes[start...])]
    }

    private static func on(_ regexp: RegexpBox, _ text: String, limit: Int, _ call: Call) throws -> [String] {
        let bytes = Array(text.utf8)
        var parts: [String] = []
        var start = 0
        for match in try call.interpreter.matches(regexp, text, remembers: false) {
            if limit > 0, parts.count >= limit - 1 { break }
            let (from, to) = (match.bounds[0], match.bounds[1])
            // An empty match at either end separates nothing.
            if to == from, from == 0 || from >= bytes.count { continue }
            parts.append(UTF8Text.string(bytes[start..<from]))
            for group in 1..<max(1, match.groupCount) { if let text = match.text(group) { parts.append(text) } }
            start = to
        }
        return parts + [UTF8Text.string(bytes[start...])]
    }
}
