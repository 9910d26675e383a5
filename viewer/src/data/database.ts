export class Database {
  static boot(_home: string): Promise<Database> {
    return Promise.reject(new Error('unfinished'));
  }
}
