/// Methods of String that change nothing; those that do are in `StringMethods+Changing`, those with patterns in
/// `StringMethods+Patterns`.
enum StringMethods {
    static let table = MethodTable(including: [ComparableMethods.table]) { table in
        defineConversions(&table)
        defineCase(&table)
        defineTrimming(&table)
        defineQuestions(&table)
        defineParts(&table)
        definePatterns(&table)
        defineChanges(&table)
    }

    static func box(_ call: Call) throws -> StringBox {
        guard case .string(let box) = call.receiver else { throw call.raising("TypeError", "not a string") }
        return box
    }

    private static func defineConversions(_ table: inout MethodTable) {
        table.define("to_s", "to_str") { call in call.receiver }
        table.define("dup", "+@", "clone", "b", "scrub", "encode", "unicode_normalize") { call in
            .text(try box(call).text)
        }
        table.define("force_encoding") { call in call.receiver }
        table.define("freeze", "-@") { call in
            try box(call).isFrozen = true
            return call.receiver
        }
        table.define("frozen?") { call in .bool(try box(call).isFrozen) }
        table.define("to_sym", "intern") { call in .symbol(try box(call).text) }
        table.define("to_i") { call in
            .int(NumberText.integer(try box(call).text, radix: call.count > 0 ? try call.integer(0) : 10))
        }
        table.define("to_f") { call in .float(NumberText.float(try box(call).text)) }
        table.define("to_r", "to_c") { call in .float(NumberText.float(try box(call).text)) }
        table.define("hex") { call in .int(NumberText.integer(try box(call).text, radix: 16)) }
        table.define("oct") { call in .int(NumberText.integer(try box(call).text, radix: 8)) }
        table.define("ord") { call in .int(Int(try box(call).text.unicodeScalars.first?.value ?? 0)) }
        table.define("inspect", "dump") { call in .text(inspect(try box(call).text)) }
        table.define("shellescape") { call in .text(ShellText.escaped(try box(call).text)) }
        table.define("shellsplit", "shell_split") { call in .texts(ShellText.words(try box(call).text)) }
        table.define("unpack") { call in .list(try Packing.unpack(box(call).text, format: call.text(0), call)) }
        table.define("unpack1") { call in
            try Packing.unpack(box(call).text, format: call.text(0), call).first ?? .nil
        }
        table.define("crypt") { call in throw call.unsupported("a password") }
        table.define("encoding") { _ in .text("UTF-8") }
        table.define("hash") { call in .int(try box(call).text.hashValue) }
    }

    private static func defineCase(_ table: inout MethodTable) {
        table.define("upcase") { call in .text(try box(call).text.uppercased()) }
        table.define("downcase") { call in .text(try box(call).text.lowercased()) }
        table.define("capitalize") { call in
            let text = try box(call).text
            return .text(text.prefix(1).uppercased() + text.dropFirst().lowercased())
        }
        table.define("swapcase") { call in
            .text(String(try box(call).text.map { Character($0.isUppercase ? $0.lowercased() : $0.uppercased()) }))
        }
        table.define("titleize") { call in
            .text(
                try box(call).text.split(separator: " ").map { $0.prefix(1).uppercased() + $0.dropFirst() }
                    .joined(separator: " "))
        }
        table.define("camelize") { call in
            .text(try box(call).text.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined())
        }
        table.define("underscore") { call in
            var result = ""
            for scalar in try box(call).text.unicodeScalars {
                if scalar.properties.isUppercase, !result.isEmpty { result += "_" }
                result += scalar == "-" ? "_" : scalar.properties.lowercaseMapping
            }
            return .text(result)
        }
    }

    private static func defineTrimming(_ table: inout MethodTable) {
        table.define("strip") { call in .text(TextTrimming.strip(try box(call).text)) }
        table.define("lstrip") { call in .text(TextTrimming.strip(try box(call).text, end: false)) }
        table.define("rstrip") { call in .text(TextTrimming.strip(try box(call).text, start: false)) }
        table.define("chomp") { call in .text(TextTrimming.chomp(try box(call).text, try call.optionalText(0))) }
        table.define("chop") { call in
            .text(String(String.UnicodeScalarView(try box(call).text.unicodeScalars.dropLast())))
        }
        table.define("squish") { call in
            .text(try box(call).text.split { $0.isWhitespace }.joined(separator: " "))
        }
        table.define("squeeze") { call in
            let only = call.count > 0 ? try TranslationSet(call.text(0)) : nil
            var result = String.UnicodeScalarView()
            for scalar in try box(call).text.unicodeScalars
            where result.last != scalar || !(only?.contains(scalar) ?? true) {
                result.append(scalar)
            }
            return .text(String(result))
        }
        table.define("delete_prefix") { call in
            let (text, prefix) = (try box(call).text, try call.text(0))
            return .text(
                text.utf8.starts(with: prefix.utf8) ? String(text.utf8.dropFirst(prefix.utf8.count)) ?? text : text)
        }
        table.define("delete_suffix") { call in
            let (text, suffix) = (try box(call).text, try call.text(0))
            return .text(
                TextTrimming.hasSuffix(text, suffix) ? String(text.utf8.dropLast(suffix.utf8.count)) ?? text : text)
        }
        for (name, before, after) in [("ljust", 0, 1), ("rjust", 1, 0), ("center", 1, 1)] {
            table.define(name) { call in
                let text = try box(call).text
                let pad = try call.optionalText(1) ?? " "
                let missing = max(0, try call.integer(0) - UTF8Text.count(text))
                let left = before == 0 ? 0 : after == 0 ? missing : missing / 2
                return .text(TextTrimming.padding(pad, left) + text + TextTrimming.padding(pad, missing - left))
            }
        }
        table.define("indent") { call in
            let pad = TextTrimming.padding(try call.optionalText(1) ?? " ", try call.integer(0))
            let lines = TextTrimming.lines(try box(call).text).map { $0 == "\n" ? $0 : pad + $0 }
            return .text(lines.joined())
        }
        table.define("undent", "strip_heredoc", "unindent") { call in .text(TextTrimming.undented(try box(call).text)) }
    }

    private static func defineQuestions(_ table: inout MethodTable) {
        table.define("empty?") { call in .bool(try box(call).text.isEmpty) }
        table.define("blank?") { call in .bool(TextTrimming.isBlank(try box(call).text)) }
        table.define("present?") { call in .bool(!TextTrimming.isBlank(try box(call).text)) }
        table.define("presence") { call in TextTrimming.isBlank(try box(call).text) ? .nil : call.receiver }
        table.define("length", "size") { call in .int(UTF8Text.count(try box(call).text)) }
        table.define("bytesize") { call in .int(try box(call).text.utf8.count) }
        table.define("valid_encoding?", "ascii_only?") { call in .bool(try box(call).text.utf8.allSatisfy { $0 < 128 })
        }
        table.define("end_with?") { call in
            let text = try box(call).text
            return .bool(try call.texts().contains { TextTrimming.hasSuffix(text, $0) })
        }
        table.define("casecmp") { call in
            .int(Interpreter.order(try box(call).text.lowercased(), try call.text(0).lowercased()))
        }
        table.define("casecmp?") { call in .bool(try box(call).text.lowercased() == call.text(0).lowercased()) }
        table.define("==", "eql?", "===") { call in .bool(try call.interpreter.areEqual(call.receiver, call[0])) }
    }

    private static func defineParts(_ table: inout MethodTable) {
        table.define("+") { call in .text(try box(call).text + call.text(0)) }
        table.define("*") { call in
            let count = try call.integer(0)
            let text = try box(call).text
            guard count >= 0, count * text.utf8.count <= 10_000_000 else {
                throw call.raising("ArgumentError", "argument too big")
            }
            return .text(String(repeating: text, count: count))
        }
        table.define("%") { call in
            let arguments = call[0].elements ?? [call[0]]
            return .text(try FormatText.format(box(call).text, arguments, call))
        }
        table.define("chars", "each_char") { call in
            let scalars = try box(call).text.unicodeScalars.map { Value.text(String($0)) }
            guard let block = call.block else { return .list(scalars) }
            for scalar in scalars { _ = try call.interpreter.call(block, [scalar]) }
            return call.receiver
        }
        table.define("bytes", "each_byte") { call in .list(try box(call).text.utf8.map { .int(Int($0)) }) }
        table.define("codepoints") { call in .list(try box(call).text.unicodeScalars.map { .int(Int($0.value)) }) }
        table.define("lines", "each_line") { call in
            let drops = call.keyword("chomp")?.isTruthy ?? false
            let lines = TextTrimming.lines(try box(call).text).map { drops ? TextTrimming.chomp($0, nil) : $0 }
            guard let block = call.block else { return .texts(lines) }
            for line in lines { _ = try call.interpreter.call(block, [.text(line)]) }
            return call.receiver
        }
        table.define("reverse") { call in
            .text(String(String.UnicodeScalarView(try box(call).text.unicodeScalars.reversed())))
        }
        table.define("first") { call in
            .text(
                String(
                    String.UnicodeScalarView(
                        try box(call).text.unicodeScalars.prefix(call.count > 0 ? try call.integer(0) : 1))))
        }
        table.define("last") { call in
            .text(
                String(
                    String.UnicodeScalarView(
                        try box(call).text.unicodeScalars.suffix(call.count > 0 ? try call.integer(0) : 1))))
        }
        table.define("tr", "tr_s") { call in
            .text(Translation(from: try call.text(0), to: try call.text(1)).apply(to: try box(call).text))
        }
        table.define("delete") { call in
            let set = TranslationSet(try call.text(0))
            return .text(
                String(String.UnicodeScalarView(try box(call).text.unicodeScalars.filter { !set.contains($0) })))
        }
        table.define("count") { call in
            let set = TranslationSet(try call.text(0))
            return .int(try box(call).text.unicodeScalars.count { set.contains($0) })
        }
        table.define("succ", "next") { call in .text(Successor.of(try box(call).text)) }
        table.define("upto") { call in
            let texts = try Successor.range(from: box(call).text, to: call.text(0), isExclusive: false)
            guard call.block != nil else { return .texts(texts) }
            for text in texts { _ = try call.yield(.text(text)) }
            return call.receiver
        }
        table.define("sum") { call in .int(try box(call).text.utf8.reduce(0) { ($0 + Int($1)) & 0xFFFF }) }
        table.define("constantize") { call in
            let name = try box(call).text
            if case .type(let type)? = call.interpreter.topLevel.constants[name] { return .type(type) }
            if let type = call.interpreter.nativeClass(name) { return .type(type) }
            throw call.raising("NameError", "uninitialized constant \(name)")
        }
    }

    /// As Ruby's `inspect` shows a string.
    static func inspect(_ text: String) -> String {
        var result = "\""
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case "\u{1B}": result += "\\e"
            case "\u{07}": result += "\\a"
            case "\u{08}": result += "\\b"
            case "\u{0B}": result += "\\v"
            case "\u{0C}": result += "\\f"
            case "#":
                let next = index + 1 < scalars.count ? scalars[index + 1] : " "
                result += ["{", "$", "@"].contains(next) ? "\\#" : "#"
            case _ where scalar.value < 32 || scalar.value == 127:
                let hex = String(scalar.value, radix: 16, uppercase: true)
                result += "\\x" + (hex.count < 2 ? "0" : "") + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
