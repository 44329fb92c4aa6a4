import VeloSystem

/// A file of a keg that could not be made to work at its new place. The path is the keg's.
package enum RelocationError: Problem {
    case binary(path: String, cause: any Error)
    /// Strings inside a binary can only be exchanged for ones that are no longer.
    case prefixTooLong(path: String, prefix: String, room: Int)
    /// A program holds its build prefix in strings that nothing can be written over.
    case fixed(path: String, reason: String)
    /// A bottle does not have the string that was recorded when it was made.
    case stringMissing(path: String, offset: Int)

    package var summary: String {
        switch self {
        case .binary(let path, _): "could not change where `\(path)` looks for its libraries"
        case .prefixTooLong(let path, let prefix, let room):
            "`\(path)` holds its build prefix, which `\(prefix)` cannot replace: there is room for \(room) bytes"
        case .fixed(let path, let reason):
            "`\(path)` holds its build prefix, which cannot be replaced: \(reason)"
        case .stringMissing(let path, let offset):
            "`\(path)` has no string at byte \(offset), where its bottle recorded one"
        }
    }

    package var cause: (any Error)? {
        if case .binary(_, let cause) = self { cause } else { nil }
    }

    package var hints: [String] {
        switch self {
        case .prefixTooLong(_, _, let room):
            ["choose a prefix whose path has at most \(room) bytes, or build the package from source there"]
        case .fixed: ["use the prefix that it was built for, or build the package from source at this one"]
        case .stringMissing: ["the bottle was changed after it was made; download it again"]
        case .binary: []
        }
    }
}
