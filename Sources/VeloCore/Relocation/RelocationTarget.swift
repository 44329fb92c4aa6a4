/// The places of one installation: what placeholders stand for there, and what becomes a placeholder when a bottle is
/// made there.
package struct RelocationTarget: Sendable, Equatable {
    package var prefix: String
    package var cellar: String
    /// Where Homebrew itself is. When it is the prefix, its placeholder is never written.
    package var repository: String
    package var library: String
    package var perl: String
    /// `PREFIX/opt/openjdk…/libexec`; nil when the keg depends on none, and then its placeholder stays.
    package var java: String?
    /// `PREFIX/lib/ld.so`, when there is such a link: every program is started through it.
    package var loader: String?

    /// - Parameters:
    ///   - prefix: Absolute, without a slash at its end.
    ///   - openJDK: The formula that the keg depends on, such as `openjdk@17`.
    ///   - hasLoader: Whether `PREFIX/lib/ld.so` can be read.
    package init(prefix: String, openJDK: String? = nil, hasLoader: Bool = false) {
        self.prefix = prefix
        cellar = prefix + "/Cellar"
        // On Linux, Homebrew is one folder below its prefix.
        repository = prefix + "/Homebrew"
        library = repository + "/Library"
        perl = prefix + "/opt/perl/bin/perl"
        java = openJDK.map { "\(prefix)/opt/\($0)/libexec" }
        loader = hasLoader ? prefix + "/lib/ld.so" : nil
    }

    package func value(of placeholder: Placeholder) -> String? {
        switch placeholder {
        case .prefix: prefix
        case .cellar: cellar
        case .repository: repository
        case .library: library
        case .perl: perl
        case .java: java
        }
    }
}
