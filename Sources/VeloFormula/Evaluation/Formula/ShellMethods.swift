/// `Utils::Shell`: the user's shell, as texts for the user name it.
enum ShellMethods {
    static let table = MethodTable { table in
        table.define("profile") { call in .text(try profile(call)) }
        table.define("preferred", "parent") { call in .symbol(preferred(call)) }
        table.define("from_path") { call in .symbol(PathText.base(try call.text(0))) }
        table.define("export_value") { call in .text("export \(try call.text(0))=\"\(try call.text(1))\"") }
        table.define("set_variable_in_profile") { call in
            .text("echo 'export \(try call.text(0))=\(try call.text(1))' >> \(try profile(call))")
        }
        table.define("prepend_path_in_profile") { call in
            .text("echo 'export PATH=\"\(try call.text(0)):$PATH\"' >> \(try profile(call))")
        }
    }

    static func preferred(_ call: Call) -> String {
        PathText.base(call.interpreter.environment["SHELL"] ?? call.interpreter.context.shell)
    }

    static func profile(_ call: Call) throws -> String {
        switch preferred(call) {
        case "bash" where call.interpreter.exists(call.interpreter.home + "/.bash_profile"):
            return call.interpreter.home + "/.bash_profile"
        case "csh": return "~/.cshrc"
        case "tcsh": return "~/.tcshrc"
        case "fish": return "~/.config/fish/config.fish"
        case "ksh", "mksh": return "~/.kshrc"
        case "zsh": return "~/.zshrc"
        default: return "~/.profile"
        }
    }
}

/// A formula's tap.
final class TapObject: ObjectBox {
    let tap: TapName
    init(_ tap: TapName) { self.tap = tap }

    override var nativeClassName: String { "Tap" }
    override var nativeMethods: MethodTable { Self.table }
    override var displayText: String { tap.description }
    override var implicitText: String? { tap.description }

    private static let table = MethodTable { table in
        table.define("name", "full_name", "to_s") { call in .text(tap(call).description) }
        table.define("user") { call in .text(tap(call).user == "homebrew" ? "Homebrew" : tap(call).user) }
        table.define("repo", "repository") { call in .text(tap(call).repository) }
        table.define("remote", "default_remote") { call in .text(remote(tap(call))) }
        table.define("issues_url") { call in .text(remote(tap(call)) + "/issues") }
        table.define("core_tap?", "official?") { call in .bool(tap(call).isCore) }
    }

    private static func remote(_ tap: TapName) -> String {
        "https://github.com/\(tap.user == "homebrew" ? "Homebrew" : tap.user)/homebrew-\(tap.repository)"
    }

    private static func tap(_ call: Call) -> TapName {
        guard case .object(let object as TapObject) = call.receiver else { return .core }
        return object.tap
    }
}
