import SystemPackage
import VeloCore
import VeloSystem

/// One file to fetch, and where to.
struct FetchJob: Sendable {
    var request: TransferRequest
    var file: FilePath
    var name: String

    /// Reads a list: a line for each file, with its URL, and `sha256=HEX` and `out=FILE` behind it where wanted.
    ///
    /// - Throws: `FetchUsage`
    static func list(_ text: String, in path: String) throws(FetchUsage) -> [FetchJob] {
        var jobs: [FetchJob] = []
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let words = line.split { $0 == UInt8(ascii: " ") || $0 &- 9 < 5 }.map { Substring($0) }
            guard let url = words.first, !url.hasPrefix("#") else { continue }
            var digest: SHA256Digest?
            var output: String?
            for word in words.dropFirst() {
                let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                switch (parts.first, parts.count) {
                case ("sha256", 2):
                    guard let value = SHA256Digest(hex: parts[1]) else { throw .badDigest(parts[1]) }
                    digest = value
                case ("out", 2): output = parts[1]
                default: throw .badLine(path, line: number + 1, String(word))
                }
            }
            jobs.append(try FetchJob(String(url), mirrors: [], digest: digest, output: output))
        }
        return jobs
    }

    /// - Throws: `FetchUsage`
    init(_ url: String, mirrors: [String], digest: SHA256Digest?, output: String?) throws(FetchUsage) {
        request = TransferRequest(urls: [url] + mirrors, digest: digest)
        let last = CurlURL(url)?.lastComponent ?? ""
        let path = output ?? last.prefix { $0 != "?" && $0 != "#" }.description
        guard !path.isEmpty, path != ".", path != "..", !(output == nil && path.contains("/")) else {
            throw .noName(url)
        }
        file = FilePath(path)
        name = file.lastComponent?.string ?? path
    }
}

/// A command line or list that cannot be.
enum FetchUsage: Problem {
    case badDigest(String)
    case badRate(String)
    case badToken(String)
    case badLine(String, line: Int, String)
    case noName(String)
    case severalForOne(String)
    case nothing

    var summary: String {
        switch self {
        case .badDigest(let text): "`\(text)` is no sha256: that has 64 hexadecimal digits"
        case .badRate(let text): "`\(text)` is no rate: a number of bytes a second, such as `500K` or `2.5M`"
        case .badToken(let path): "`\(path)` does not hold a token: one word, as `velod token add` prints it"
        case .badLine(let path, let line, let word):
            "`\(path)`, line \(line): `\(word)` is neither `sha256=HEX` nor `out=FILE`"
        case .noName(let url): "`\(url)` does not say what to call the file"
        case .severalForOne(let option): "`\(option)` is for one URL, and there are several"
        case .nothing: "there is no URL to fetch"
        }
    }

    var hints: [String] {
        switch self {
        case .noName: ["give it a name with `--output FILE`"]
        case .severalForOne: ["use `--input FILE`, a list with `URL sha256=HEX out=FILE` lines"]
        case .nothing: ["`velo fetch URL`, or `velo fetch --input FILE`"]
        case .badDigest, .badRate, .badToken, .badLine: []
        }
    }

    /// `500K`, `2.5M`, `1G`, `800000`
    static func rate(_ text: String) throws(FetchUsage) -> Int {
        let units: [Character: Double] = ["k": 1024, "m": 1_048_576, "g": 1_073_741_824]
        let unit = text.last.flatMap { units[Character($0.lowercased())] }
        guard let number = Double(unit == nil ? text : String(text.dropLast())), number.isFinite, number > 0,
            number * (unit ?? 1) >= 1, number * (unit ?? 1) < 1e15
        else { throw .badRate(text) }
        return Int(number * (unit ?? 1))
    }
}
