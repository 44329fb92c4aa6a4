package import SystemPackage
package import VeloSystem

/// The settings file: lines of `key = value`, comments from `#` on a line of their own.
///
/// ```
/// # the farm in the basement
/// mirror = http://farm.example:8080
/// ```
package struct SettingsFile: Sendable, Equatable {
    package let path: FilePath
    private var lines: [String]

    /// Where it is: `VELO_CONFIG`, else in the folder for settings.
    package static func location(_ environment: EnvironmentVariables) -> FilePath {
        if let path = environment[.config] { return FilePath(path) }
        let home = environment[.configHome] ?? "\(environment[.home] ?? "/")/.config"
        return FilePath(home).appending("velo").appending("config")
    }

    /// A file that is not there is empty.
    package init(at path: FilePath) throws(SettingsError) {
        self.path = path
        do {
            let text = FileTree.exists(path) ? try FileTree.readText(path) : ""
            lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        } catch {
            throw .unreadable(path, cause: error)
        }
        if lines.last == "" { lines.removeLast() }
        for (index, line) in lines.enumerated() {
            guard let (key, _) = try Self.pair(line, index + 1, path) else { continue }
            guard SettingKey(rawValue: key) != nil else { throw .unknownKey(key) }
        }
    }

    package subscript(key: SettingKey) -> String? {
        // The last one counts.
        for line in lines.reversed() {
            if let (name, value) = (try? Self.pair(line, 0, path)) ?? nil, name == key.rawValue { return value }
        }
        return nil
    }

    /// Sets a value in place, or removes it with nil; comments and order stay.
    package mutating func set(_ key: SettingKey, to value: String?) {
        let isSame: (String) -> Bool = { line in
            ((try? Self.pair(line, 0, "")) ?? nil)?.0 == key.rawValue
        }
        guard let value else { return lines.removeAll(where: isSame) }
        let line = "\(key.rawValue) = \(value)"
        if let index = lines.lastIndex(where: isSame) { lines[index] = line } else { lines.append(line) }
    }

    package func save() throws(SystemError) {
        try FileTree.makeFolder(path.removingLastComponent())
        let isPrivate = SettingKey.allCases.contains { $0.isSecret && self[$0] != nil }
        try FileTree.replace(
            path, with: Array((lines.joined(separator: "\n") + "\n").utf8), mode: isPrivate ? 0o600 : 0o644)
    }

    /// Nil for an empty line or a comment.
    private static func pair(_ line: String, _ number: Int, _ path: FilePath) throws(SettingsError) -> (String, String)?
    {
        let text = trimmed(line[...])
        if text.isEmpty || text.hasPrefix("#") { return nil }
        guard let equals = text.firstIndex(of: "=") else { throw .badLine(path, line: number, String(text)) }
        return (String(trimmed(text[..<equals])), String(trimmed(text[text.index(after: equals)...])))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
