/// Constants that are not classes.
enum NativeConstants {
    static func value(_ name: String, _ interpreter: Interpreter) throws -> Value? {
        let context = interpreter.context
        switch name {
        case "HOMEBREW_PREFIX": return .path(context.prefix)
        case "HOMEBREW_CELLAR": return .path(context.cellar)
        case "HOMEBREW_REPOSITORY": return .path(context.repository)
        case "HOMEBREW_LIBRARY": return .path(context.repository + "/Library")
        case "HOMEBREW_LIBRARY_PATH": return .path(context.repository + "/Library/Homebrew")
        case "HOMEBREW_SHIMS_PATH": return .path(context.repository + "/Library/Homebrew/shims")
        case "HOMEBREW_TEMP": return .path(context.temporaryFolder)
        case "HOMEBREW_CACHE": return .path(context.cacheFolder)
        case "HOMEBREW_LOGS": return .path(context.logFolder)
        case "HOMEBREW_BREW_FILE": return .path(context.prefix + "/bin/brew")
        case "HOMEBREW_VERSION": return .text(context.era == .homebrew4 ? "4.0.1" : "4.6.0")
        case "HOMEBREW_DEFAULT_PREFIX": return .text(context.platform.defaultPrefix)
        case "HOMEBREW_USER_AGENT_FAKE_SAFARI": return .text("Mozilla/5.0")
        case "ENV": return .object(EnvironmentObject())
        case "ARGV": return .list([])
        case "DATA":
            let file = OpenFile(path: "")
            file.content = interpreter.tree.data ?? ""
            return .object(file)
        case "RUBY_PLATFORM": return .text(context.platform.isLinux ? "x86_64-linux" : "universal.x86_64-darwin22")
        case "RUBY_VERSION": return .text("3.1.2")
        case "File::SEPARATOR": return .text("/")
        case "File::PATH_SEPARATOR": return .text(":")
        case "File::FNM_DOTMATCH": return .int(4)
        case "File::RDONLY": return .int(0)
        case "File::WRONLY": return .int(1)
        case "File::RDWR": return .int(2)
        case "File::CREAT": return .int(0o100)
        case "File::EXCL": return .int(0o200)
        case "File::TRUNC": return .int(0o1000)
        case "File::APPEND": return .int(0o2000)
        case "File::FNM_EXTGLOB", "File::FNM_PATHNAME", "File::FNM_CASEFOLD": return .int(0)
        case "Float::INFINITY": return .float(.infinity)
        case "Float::EPSILON": return .float(.ulpOfOne)
        case "Math::PI": return .float(.pi)
        case "Integer::MAX": return .int(.max)
        case "Process::CLOCK_MONOTONIC": return .int(1)
        case "Language::Java::Openjdk": return nil
        case "GCC_VERSIONS", "CompilerConstants::GNU_GCC_VERSIONS": return .texts((4...13).map(String.init))
        case "$stdout", "STDOUT", "STDERR", "STDIN": return .object(StreamObject(name: name))
        default: return nil
        }
    }
}
