/// Modules of which formulae use a function or two.
enum SmallModules {
    static let shellwords = MethodTable { table in
        table.define("escape", "shellescape") { call in .text(ShellText.escaped(try call.text(0))) }
        table.define("split", "shellsplit", "shellwords") { call in .texts(ShellText.words(try call.text(0))) }
        table.define("join", "shelljoin") { call in
            .text(try call.texts().map(ShellText.escaped).joined(separator: " "))
        }
    }

    static let secureRandom = MethodTable { table in
        table.define("hex") { call in
            let count = (call.count > 0 ? try call.integer(0) : 16) * 2
            return .text(
                String((0..<count).map { _ in Character(String(call.interpreter.random(below: 16), radix: 16)) }))
        }
        table.define("uuid") { call in
            func hex(_ count: Int) -> String {
                String((0..<count).map { _ in Character(String(call.interpreter.random(below: 16), radix: 16)) })
            }
            return .text("\(hex(8))-\(hex(4))-4\(hex(3))-8\(hex(3))-\(hex(12))")
        }
        table.define("random_number") { call in .int(call.interpreter.random(below: max(1, call[0].integer ?? 1))) }
        table.define("alphanumeric") { call in
            let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
            return .text(
                String(
                    (0..<(call[0].integer ?? 16)).map { _ in letters[call.interpreter.random(below: letters.count)] }))
        }
    }

    static let etc = MethodTable { table in
        table.define("getlogin") { call in .text(call.interpreter.context.user) }
        table.define("getpwuid", "getpwnam") { call in
            let facts: [(String, Value)] = [
                ("name", .text(call.interpreter.context.user)), ("uid", .int(1001)), ("gid", .int(1001)),
                ("dir", .text(call.interpreter.home)), ("shell", .text(call.interpreter.context.shell)),
            ]
            return .object(OpenStructObject(HashBox(symbols: facts)))
        }
        table.define("getgrnam", "getgrgid", "group") { call in
            let name = call[0].characters ?? call.interpreter.context.user
            let facts: [(String, Value)] = [("name", .text(name)), ("gid", .int(1001)), ("mem", .list([]))]
            return .object(OpenStructObject(HashBox(symbols: facts)))
        }
        table.define("nprocessors") { call in .int(call.interpreter.context.makeJobs) }
        table.define("uname") { call in
            .hash(HashBox(symbols: [("sysname", .text(call.platform.isLinux ? "Linux" : "Darwin"))]))
        }
    }

    static let timeout = MethodTable { table in
        table.define("timeout") { call in try call.yield(call[0]) }
    }

    static let superenv = MethodTable { table in
        table.define("shims_path") { call in
            let folder = call.platform.isLinux ? "linux" : "mac"
            return .path("\(call.interpreter.context.repository)/Library/Homebrew/shims/\(folder)/super")
        }
        table.define("bin") { _ in .nil }
    }

    static let math = MethodTable { table in
        table.define("sqrt") { call in .float(NumberMethods.double(call[0]).squareRoot()) }
    }

    static let tempfile = MethodTable { table in
        table.define("new", "create", "open") { call in
            let interpreter = call.interpreter
            let folder = try interpreter.requireHost(call).makeTemporaryFolder(prefix: "tempfile")
            let name = call[0].elements?.compactMap(\.characters).joined() ?? call[0].characters ?? "file"
            let file = OpenFile(path: "\(folder)/\(name)")
            file.isWritten = true
            try file.flush(interpreter)
            guard let block = call.block else { return .object(file) }
            let value = try interpreter.call(block, [.object(file)])
            try file.flush(interpreter)
            return value
        }
    }

    static let stringIO = MethodTable { table in
        table.define("new", "open") { call in
            let file = OpenFile(path: "")
            if call.count > 0 { file.content = try call.text(0) }
            return .object(file)
        }
    }

    static let uri = MethodTable { table in
        table.define("parse") { call in .object(try URIObject(call.text(0), call)) }
        table.define("join") { call in .text(try call.texts().reduce("") { $0.isEmpty ? $1 : PathText.joined($0, $1) })
        }
        table.define("encode_www_form_component", "encode") { call in .text(BottleName.percentEncoded(try call.text(0)))
        }
        table.define("decode_www_form_component", "decode") { call in
            .text(UTF8Text.string(VersionDetection.formDecoded(try call.text(0))))
        }
    }

    static let rubyConfig = MethodTable { table in
        table.define("ruby") { _ in .text("/usr/bin/ruby") }
    }

    /// `Gem`: where Ruby keeps packages; asked on macOS only.
    static let gem = MethodTable { table in
        table.define("ruby_api_version") { _ in .text("2.6.0") }
    }

    /// Modules whose functions have no meaning here: calling one is refused by name.
    static let none = MethodTable()
}

/// A parsed URL.
final class URIObject: ObjectBox {
    let text: String
    let host: String
    let path: String
    let scheme: String

    init(_ text: String, _ call: Call) throws {
        self.text = text
        guard let mark = UTF8Text.find(Array("://".utf8), in: Array(text.utf8), from: 0) else {
            throw call.raising("URI::InvalidURIError", "bad URI(is not URI?): \(text)")
        }
        let bytes = Array(text.utf8)
        scheme = UTF8Text.string(bytes[..<mark])
        let slash = bytes[(mark + 3)...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
        host = UTF8Text.string(bytes[(mark + 3)..<slash])
        let end = bytes[slash...].firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? bytes.count
        path = UTF8Text.string(bytes[slash..<end])
    }

    override var nativeClassName: String { "URI::Generic" }
    override var displayText: String { text }
    override var implicitText: String? { text }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("host", "hostname") { call in .text(uri(call)?.host ?? "") }
        table.define("path", "request_uri") { call in .text(uri(call)?.path ?? "") }
        table.define("scheme") { call in .text(uri(call)?.scheme ?? "") }
        table.define("to_s", "to_str") { call in .text(uri(call)?.text ?? "") }
        table.define("open", "read") { call in
            throw call.refusing("unsupported.network", "a formula cannot fetch by itself")
        }
    }

    private static func uri(_ call: Call) -> URIObject? {
        guard case .object(let uri as URIObject) = call.receiver else { return nil }
        return uri
    }
}
