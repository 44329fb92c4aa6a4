/// The paths in Mach-O load commands, moved from one installation to placeholders and back. What is relative to the file
/// or the program (`@loader_path`, `@rpath`) stays, and so does what belongs to the system.
struct LibraryNames: Sendable {
    private let places: [(place: String, word: String)]

    init(_ target: RelocationTarget) {
        // What lies deeper goes first.
        places = [(target.cellar, Placeholder.cellar.text), (target.prefix, Placeholder.prefix.text)]
    }

    func withPlaces(_ path: String) -> String? {
        for (place, word) in places where path == word || path.hasPrefix(word + "/") {
            return place + path.dropFirst(word.count)
        }
        return nil
    }

    func withPlaceholders(_ path: String) -> String? {
        for (place, word) in places where path == place || path.hasPrefix(place + "/") {
            return word + path.dropFirst(place.count)
        }
        return nil
    }
}
