import VeloCore

/// Values inside rows: JSON in the form in which it also travels, as text, so that a person with `sqlite3` can read it.
enum StoredJSON {
    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try WireCoding.encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try WireCoding.decode(type, from: Array(text.utf8))
    }
}
