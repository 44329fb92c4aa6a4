/// Methods of String that change it in place.
extension StringMethods {
    static func defineChanges(_ table: inout MethodTable) {
        table.define("<<", "concat") { call in
            let box = try changeable(call)
            for argument in call.arguments {
                if case .int(let value) = argument, let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) {
                    box.text.unicodeScalars.append(scalar)
                } else {
                    box.text += try call.interpreter.string(of: argument)
                }
            }
            return call.receiver
        }
        table.define("prepend") { call in
            let box = try changeable(call)
            box.text = try call.texts().joined() + box.text
            return call.receiver
        }
        table.define("replace") { call in
            try changeable(call).text = call.text(0)
            return call.receiver
        }
        table.define("clear") { call in
            try changeable(call).text = ""
            return call.receiver
        }
        table.define("insert") { call in
            let box = try changeable(call)
            let count = UTF8Text.count(box.text)
            let index = try call.integer(0)
            let position = min(max(0, index < 0 ? count + index + 1 : index), count)
            box.text =
                UTF8Text.slice(box.text, 0..<position) + (try call.text(1)) + UTF8Text.slice(box.text, position..<count)
            return call.receiver
        }
        table.define("[]=") { call in try assignSlice(call) }
        table.define("slice!") { call in
            let removed = try slice(call)
            guard let text = removed.characters else { return .nil }
            let box = try changeable(call)
            let bytes = Array(box.text.utf8)
            if let found = UTF8Text.find(Array(text.utf8), in: bytes, from: 0) {
                box.text = UTF8Text.string(bytes[..<found] + bytes[(found + text.utf8.count)...])
            }
            return removed
        }
        table.define("sub!") { call in try change(call, substituted(call, isGlobal: false)) }
        table.define("gsub!") { call in try change(call, substituted(call, isGlobal: true)) }
        for name in [
            "strip", "lstrip", "rstrip", "chomp", "chop", "upcase", "downcase", "capitalize", "swapcase", "squeeze",
            "tr",
            "delete", "delete_prefix", "delete_suffix", "reverse", "succ", "next", "squish", "encode", "scrub",
        ] {
            table.define(name + "!") { call in
                guard let plain = StringMethods.table[name] else { return .nil }
                let box = try changeable(call)
                guard let text = try plain(call).characters, text != box.text else { return .nil }
                box.text = text
                return call.receiver
            }
        }
    }

    private static func changeable(_ call: Call) throws -> StringBox {
        let box = try box(call)
        if box.isFrozen { throw call.raising("FrozenError", "can't modify frozen String: \(inspect(box.text))") }
        return box
    }

    private static func change(_ call: Call, _ text: String?) throws -> Value {
        guard let text else { return .nil }
        try changeable(call).text = text
        return call.receiver
    }

    /// `text["a"] = "b"`, `text[/re/] = "b"`, `text[0] = "b"`
    private static func assignSlice(_ call: Call) throws -> Value {
        let box = try changeable(call)
        let bytes = Array(box.text.utf8)
        let value = call.arguments[call.count - 1]
        var range: Range<Int>?
        switch call[0] {
        case .string(let needle):
            range = UTF8Text.find(Array(needle.text.utf8), in: bytes, from: 0).map { $0..<$0 + needle.text.utf8.count }
        case .regexp(let regexp):
            let group = call.count > 2 ? try call.integer(1) : 0
            range = try call.interpreter.match(regexp, box.text).map { $0.bounds[group * 2]..<$0.bounds[group * 2 + 1] }
        case .int(let index):
            let count = UTF8Text.count(box.text)
            let start = index < 0 ? index + count : index
            let length = call.count > 2 ? try call.integer(1) : 1
            if start >= 0, start <= count, let from = UTF8Text.byte(ofPosition: start, in: bytes) {
                range = from..<(UTF8Text.byte(ofPosition: min(count, start + length), in: bytes) ?? bytes.count)
            }
        case .range(let box):
            let count = bytes.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
            if let indices = box.indices(in: count), let from = UTF8Text.byte(ofPosition: indices.lowerBound, in: bytes)
            {
                range = from..<(UTF8Text.byte(ofPosition: indices.upperBound, in: bytes) ?? bytes.count)
            }
        default: throw call.unsupported("this index")
        }
        guard let range else { throw call.raising("IndexError", "string not matched") }
        let text = try call.interpreter.string(of: value)
        box.text = UTF8Text.string(bytes[..<range.lowerBound] + text.utf8 + bytes[range.upperBound...])
        return value
    }
}
