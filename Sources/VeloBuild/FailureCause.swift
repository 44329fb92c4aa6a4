/// Whose fault a failed build or test is, as far as its log tells.
package enum FailureCause: String, Codable, Sendable, CaseIterable {
    /// It does not compile or link with this compiler and these headers.
    case compiler
    case network
    /// A program, a system or a device that the host or the sandbox does not have.
    case host
    case limit
    case checksum
    /// The formula asks for what the evaluator does not know, or our own rules refuse it.
    case ours
    /// Something it depends on.
    case dependency
    case test
    case unknown

    /// Words in the last lines of a log, most telling first.
    private static let signs: [(String, FailureCause)] = [
        ("Could not resolve host", .network), ("Temporary failure in name resolution", .network),
        ("Network is unreachable", .network), ("Name or service not known", .network),
        ("getaddrinfo", .network), ("unable to resolve host", .network), ("Could not resolve", .network),
        ("nodename nor servname", .network), ("Connection refused", .network), ("Couldn't resolve", .network),
        ("multiple definition of", .compiler), ("undefined reference to", .compiler),
        ("fatal error: ", .compiler), (": error: ", .compiler), ("unrecognized command-line option", .compiler),
        ("ld returned 1 exit status", .compiler), ("relocation truncated to fit", .compiler),
        ("command not found", .host), (": not found", .host), ("No such device", .host),
        ("Permission denied", .host), ("Operation not permitted", .host),
        ("File size limit exceeded", .limit), ("Cannot allocate memory", .limit), ("No space left on device", .limit),
    ]

    package init(_ error: BuildError?, lastLines: [String]) {
        switch error?.reason {
        case .timeLimit, .silence, .exceeded: self = .limit
        case .formula where error?.cause is GitSourceError: self = .checksum
        case .formula where error?.cause != nil: self = .network
        case .brokenLinkage, .nothingInstalled, .sandbox: self = .ours
        case .noSource: self = .ours
        case .interrupted: self = .unknown
        case .commandFailed, .formula, .unprovable, nil: self = Self.judge(lastLines, error)
        }
    }

    private static func judge(_ lines: [String], _ error: BuildError?) -> FailureCause {
        for line in lines.reversed() {
            if line.contains("error[formula.") || line.contains("is not known") { return .ours }
        }
        // A test that fails prints errors of its own: only what it could not reach counts.
        let isTest = error?.phase == .test
        for (words, cause) in signs where !isTest || cause == .network || words == "command not found" {
            if lines.contains(where: { $0.contains(words) }) { return cause }
        }
        return isTest ? .test : .unknown
    }
}
