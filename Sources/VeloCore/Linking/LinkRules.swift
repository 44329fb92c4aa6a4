/// How a path of a keg shows up in the prefix: the line that decides where a symlink goes.
///
/// Most folders are linked as a whole. Some are known to be shared by many packages, and are real folders from the
/// start; others become real when a second keg has something to put there (`LinkClaims`).
enum LinkRules {
    enum FolderTreatment { case skip, real, link }
    enum FileTreatment { case skip, link }

    /// The trees of a keg that are linked, in order.
    static let trees = ["etc", "bin", "sbin", "include", "share", "lib", "Frameworks"]
    /// The trees that unlinking looks into.
    static let unlinkedTrees = ["bin", "etc", "include", "lib", "sbin", "share", "var", "Frameworks"]

    /// `rest` is the path below the tree: `man/man1` in `share`.
    static func folder(_ rest: String, in tree: String) -> FolderTreatment {
        if rest.hasSuffix(".app") { return .skip }
        switch tree {
        case "etc": return .real
        case "bin", "sbin": return .skip
        case "include": return startsVersioned(rest, "postgresql@") ? .real : .link
        case "share": return isSharedFolder(rest) ? .real : .link
        case "lib": return isSharedLibraryFolder(rest) ? .real : .link
        case "Frameworks": return rest.hasSuffix(".framework") || rest.hasSuffix(".framework/Versions") ? .real : .link
        default: return .link
        }
    }

    static func file(_ rest: String, in tree: String) -> FileTreatment {
        let name = rest.split(separator: "/").last ?? ""
        if name == ".DS_Store" { return .skip }
        if name.hasSuffix(".pyc") || name.hasSuffix(".pyo"), rest.contains("site-packages/") { return .skip }
        switch tree {
        case "share":
            if rest == "info/dir" || rest == "locale/locale.alias" { return .skip }
            return rest.hasPrefix("icons/") && name == "icon-theme.cache" ? .skip : .link
        case "lib": return rest == "charset.alias" ? .skip : .link
        default: return .link
        }
    }

    /// Folders below `share` that many packages add to.
    private static let sharedFolders: Set<String> = {
        var names: Set<String> = [
            "aclocal", "applications", "cps", "doc", "gnome", "gnome/help", "icons", "info", "java", "locale", "man",
            "mime", "mime/packages", "mime-info", "pixmaps", "postgresql", "sounds",
        ]
        for section in 1...8 { names.formUnion(["man/man\(section)", "man/cat\(section)"]) }
        return names
    }()

    private static func isSharedFolder(_ rest: String) -> Bool {
        if sharedFolders.contains(rest) || startsVersioned(rest, "postgresql@") { return true }
        let starts = ["zsh", "fish", "pwsh", "pypy", "icons/", "lua/", "guile/"]
        return starts.contains { rest.hasPrefix($0) } || isTranslated(rest)
    }

    /// Folders below `lib` that plug-ins and modules of other packages go into.
    private static func isSharedLibraryFolder(_ rest: String) -> Bool {
        if ["cmake", "cps", "dtrace", "ghc", "php", "pkgconfig"].contains(rest) { return true }
        let starts = ["gdk-pixbuf", "gio", "lua", "mecab", "node", "ocaml", "perl5", "pypy", "R", "ruby"]
        if starts.contains(where: { rest.hasPrefix($0) }) || startsVersioned(rest, "postgresql@") { return true }
        for python in ["python2.", "python3."] where startsVersioned(rest, python) { return true }
        return false
    }

    /// `prefix`, and a digit after it.
    private static func startsVersioned(_ rest: String, _ prefix: String) -> Bool {
        rest.hasPrefix(prefix) && rest.dropFirst(prefix.count).first.map { ("0"..."9").contains($0) } == true
    }

    /// Whether a component after `locale` or `man` is a language: `de`, `pt_BR`, `sr@latin`, `C`, `POSIX`.
    private static func isTranslated(_ rest: String) -> Bool {
        let components = rest.split(separator: "/")
        for (folder, language) in zip(components, components.dropFirst())
        where (folder.hasSuffix("locale") || folder.hasSuffix("man")) && isLanguage(language) {
            return true
        }
        return false
    }

    private static func isLanguage(_ name: Substring) -> Bool {
        let base = name.prefix { $0 != "_" && $0 != "." && $0 != "@" }
        return base == "C" || base == "POSIX"
            || (base.utf8.count == 2 && base.utf8.allSatisfy { (0x61...0x7a).contains($0) })
    }
}
