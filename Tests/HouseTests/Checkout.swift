import FoundationEssentials

/// The files of this checkout, for tests about the house itself.
struct SourceFile {
    /// Relative to the top of the checkout.
    let path: String
    let lines: [String]

    /// `VeloCore` for `Sources/VeloCore/Planning/Plan.swift`.
    var module: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    var name: String { path.split(separator: "/").last.map(String.init) ?? "" }
    var code: [String] { lines.filter { !$0.drop(while: \.isWhitespace).hasPrefix("//") } }
}

enum Checkout {
    static let top = String(
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/"))

    static func swiftFiles(in folder: String) throws -> [SourceFile] {
        try FileManager.default.subpathsOfDirectory(atPath: "\(top)/\(folder)")
            .filter { $0.hasSuffix(".swift") }
            .sorted()
            .map { relative in
                let data = try Data(contentsOf: URL(filePath: "\(top)/\(folder)/\(relative)"))
                let lines = String(decoding: data, as: UTF8.self).split(
                    separator: "\n", omittingEmptySubsequences: false)
                return SourceFile(path: "\(folder)/\(relative)", lines: lines.map(String.init))
            }
    }

    /// What an import line imports; nil for any other line.
    static func importedModule(_ line: String) -> String? {
        var words = line.split(separator: " ").map(String.init)
        while let first = words.first,
            ["package", "public", "internal", "private", "@preconcurrency", "@testable"].contains(first)
        {
            words.removeFirst()
        }
        guard words.first == "import" else { return nil }
        return words.last?.split(separator: ".").first.map(String.init)
    }
}
