/// The `bottle do` block.
package struct BottleSpec: Hashable, Sendable {
    package enum Cellar: Hashable, Sendable {
        /// `:any`: paths in binaries must be rewritten.
        case any
        /// `:any_skip_relocation`
        case anySkipRelocation
        /// Only that cellar will do.
        case path(String)

        /// As in `brew info --json`: `:any`, or the path.
        package var text: String {
            switch self {
            case .any: ":any"
            case .anySkipRelocation: ":any_skip_relocation"
            case .path(let path): path
            }
        }
    }
    package struct File: Hashable, Sendable {
        package var tag: PlatformTag
        package var cellar: Cellar
        package var sha256: String
    }

    package static let defaultRootURL = "https://ghcr.io/v2/homebrew/core"

    package var rebuild = 0
    package var rootURL: String?
    /// In the order of the block.
    package var files: [File] = []

    /// The file to pour on a machine.
    package func file(for platform: Platform) -> File? {
        guard let tag = PlatformTag.best(for: platform, among: files.map(\.tag)) else { return nil }
        return files.first { $0.tag == tag }
    }
}
