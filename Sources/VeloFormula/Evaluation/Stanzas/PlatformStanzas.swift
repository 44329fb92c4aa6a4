/// `on_linux do`, `on_arm do`, `on_ventura :or_newer do`, and the helpers that give a value by platform.
///
/// They stand at class level, in blocks of stanzas, and in methods.
enum PlatformStanzas {
    static let table = MethodTable { table in
        table.define("on_linux") { call in try run(call, call.platform.isLinux) }
        table.define("on_macos") { call in try run(call, call.platform.isMacOS) }
        table.define("on_intel") { call in try run(call, call.platform.architecture == .x86_64) }
        table.define("on_arm") { call in try run(call, call.platform.architecture == .arm64) }
        for release in MacOSRelease.all {
            table.define("on_\(release.symbol)") { call in
                let bound = call.count > 0 ? call[0].characters : nil
                return try run(call, isMet(release, bound, call.platform))
            }
        }
        table.define("on_system") { call in
            guard case .symbol("linux") = call[0], let text = call.keyword("macos")?.characters else {
                throw call.unsupported("these arguments")
            }
            return try run(call, call.platform.isLinux || isMet(condition: text, call))
        }
        table.define("on_arch_conditional") { call in
            call.interpreter.metPlatformBlock = true
            return call.keyword(call.platform.architecture == .arm64 ? "arm" : "intel") ?? .nil
        }
        table.define("on_system_conditional") { call in
            call.interpreter.metPlatformBlock = true
            return call.keyword(call.platform.isLinux ? "linux" : "macos") ?? .nil
        }
    }

    private static func run(_ call: Call, _ isMet: Bool) throws -> Value {
        call.interpreter.metPlatformBlock = true
        guard isMet else { return .nil }
        return try call.interpreter.call(call.needBlock(), [])
    }

    private static func isMet(_ release: MacOSRelease, _ bound: String?, _ platform: Platform) -> Bool {
        guard let current = platform.macOSRelease else { return false }
        switch bound {
        case "or_newer": return current >= release
        case "or_older": return current <= release
        default: return current == release
        }
    }

    /// `big_sur_or_older`
    private static func isMet(condition text: String, _ call: Call) throws -> Bool {
        for bound in ["or_newer", "or_older"] where text.hasSuffix("_" + bound) {
            guard let release = MacOSRelease(symbol: text.dropLast(bound.count + 1)) else {
                throw call.unsupported("the release `\(text)`")
            }
            return isMet(release, bound, call.platform)
        }
        if text == "macos" { return call.platform.isMacOS }
        guard let release = MacOSRelease(symbol: text) else { throw call.unsupported("the release `\(text)`") }
        return isMet(release, nil, call.platform)
    }
}

extension Call {
    var platform: Platform { interpreter.context.platform }
}
