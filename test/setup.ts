// Root of every test run. Rooms that need a server add their own fixtures in their tests.
export {};
