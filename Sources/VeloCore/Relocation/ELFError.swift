import VeloSystem

/// An ELF file that contradicts itself or cannot be edited. It does not know the file's name: whoever does wraps it.
package enum ELFError: Problem, Equatable {
    case notELF
    /// A table or string reaches beyond the end of the file.
    case beyondEnd(what: String)
    case malformed(what: String)
    case unsupported(what: String)

    package var summary: String {
        switch self {
        case .notELF: "not an ELF file"
        case .beyondEnd(let what): "the ELF file ends before its \(what)"
        case .malformed(let what): "the ELF file has \(what)"
        case .unsupported(let what): "the ELF file cannot be edited: \(what)"
        }
    }
}
