/// A Version: compares with strings and numbers as well.
final class VersionObject: ObjectBox {
    let version: PackageVersion

    init(_ version: PackageVersion) { self.version = version }

    override var nativeClassName: String { version.isHead ? "HeadVersion" : "Version" }
    override var nativeAncestors: [String] { ["Version", "Comparable"] }
    override var nativeMethods: MethodTable { Self.table }
    override var implicitText: String? { version.text }
    override var displayText: String { version.text }
    override var hashKey: HashKey { .list([.symbol("version"), .string(version.text)]) }
    override func isEqual(to other: Value) -> Bool { order(other) == 0 }

    override func order(_ other: Value) -> Int? {
        switch other {
        case .object(let object as VersionObject): version.order(object.version)
        case .string(let box): version.order(PackageVersion(box.text))
        case .int(let number): version.order(PackageVersion(String(number)))
        case .float(let number): version.order(PackageVersion(NumberText.text(of: number)))
        case .object(let object as TokenObject): version.order(PackageVersion(object.text))
        case .nil: 1
        default: nil
        }
    }

    private static let table = MethodTable(including: [ComparableMethods.table]) { table in
        table.define("to_s", "to_str") { call in .text(version(call).text) }
        table.define("to_i") { call in .int(NumberText.integer(version(call).text)) }
        table.define("to_f") { call in .float(NumberText.float(version(call).text)) }
        table.define("major") { call in token(version(call).major) }
        table.define("minor") { call in token(version(call).minor) }
        table.define("patch") { call in token(version(call).patch) }
        table.define("major_minor") { call in .object(VersionObject(version(call).majorMinor)) }
        table.define("major_minor_patch") { call in .object(VersionObject(version(call).majorMinorPatch)) }
        table.define("head?") { call in .bool(version(call).isHead) }
        table.define("commit") { call in .optionalText(version(call).commit) }
        table.define("null?") { call in .bool(version(call).isEmpty) }
        table.define("empty?", "blank?") { call in .bool(version(call).isEmpty) }
        table.define("present?") { call in .bool(!version(call).isEmpty) }
        table.define("version") { call in call.receiver }
        table.define("revision") { call in .int(PkgVersion(version(call).text).revision) }
        table.define("detected_from_url?") { _ in .bool(false) }
    }

    static let statics = MethodTable { table in
        table.define("new", "create") { call in
            if case .object(let object as VersionObject) = call[0] { return .object(object) }
            return .object(VersionObject(PackageVersion(try call.interpreter.string(of: call[0]))))
        }
        table.define("parse", "detect") { call in
            let found = VersionDetection.version(in: try call.text(0), era: call.interpreter.context.era)
            return .object(VersionObject(PackageVersion(found ?? "")))
        }
        table.define("formula_optionally_versioned_regex") { call in
            let name = RegexpMethods.escaped(try call.text(0))
            return .regexp(try call.interpreter.regexp("^\(name)(@\\d[\\d.]*)?$", RegexpOptions()))
        }
    }

    private static func version(_ call: Call) -> PackageVersion {
        guard case .object(let object as VersionObject) = call.receiver else { return PackageVersion("") }
        return object.version
    }

    private static func token(_ text: String?) -> Value { text.map { .object(TokenObject($0)) } ?? .nil }
}

/// A piece of a version, as `version.major` answers.
final class TokenObject: ObjectBox {
    let text: String

    init(_ text: String) { self.text = text }

    override var nativeClassName: String { "Version::Token" }
    override var nativeAncestors: [String] { ["Version::Token", "Comparable"] }
    override var nativeMethods: MethodTable { Self.table }
    override var implicitText: String? { text }
    override var displayText: String { text }
    override var hashKey: HashKey { .list([.symbol("token"), .string(text)]) }
    override func isEqual(to other: Value) -> Bool { order(other) == 0 }

    override func order(_ other: Value) -> Int? {
        let wanted: String
        switch other {
        case .int(let number): wanted = String(number)
        case .nil: return nil
        default:
            guard let text = other.characters else { return nil }
            wanted = text
        }
        guard let left = VersionToken.tokens(of: text).first, let right = VersionToken.tokens(of: wanted).first else {
            return Interpreter.order(text, wanted)
        }
        return VersionToken.order(left, right)
    }

    private static let table = MethodTable(including: [ComparableMethods.table]) { table in
        table.define("to_s", "to_str") { call in .text(text(call)) }
        table.define("to_i") { call in .int(NumberText.integer(text(call))) }
        table.define("to_f") { call in .float(NumberText.float(text(call))) }
        table.define("numeric?") { call in .bool(text(call).utf8.allSatisfy(\.isASCIIDigit)) }
        table.define("null?", "blank?") { call in .bool(text(call).isEmpty) }
        table.define("present?") { call in .bool(!text(call).isEmpty) }
        for name in ["+", "rjust", "ljust", "[]", "sub", "length"] {
            table.define(name) { call in try call.interpreter.send(.text(text(call)), name, call.arguments) }
        }
    }

    private static func text(_ call: Call) -> String {
        guard case .object(let object as TokenObject) = call.receiver else { return "" }
        return object.text
    }
}
