/// The words that stand for places of an installation in a bottle's files.
///
/// Not those of Homebrew's API documents, which are written `$HOMEBREW_PREFIX`.
package enum Placeholder: CaseIterable, Sendable {
    case prefix, cellar, repository, library, perl, java

    package var text: String {
        switch self {
        case .prefix: "@@HOMEBREW_PREFIX@@"
        case .cellar: "@@HOMEBREW_CELLAR@@"
        case .repository: "@@HOMEBREW_REPOSITORY@@"
        case .library: "@@HOMEBREW_LIBRARY@@"
        case .perl: "@@HOMEBREW_PERL@@"
        case .java: "@@HOMEBREW_JAVA@@"
        }
    }

    /// What they all begin with.
    static let mark = "@@HOMEBREW_"
}
