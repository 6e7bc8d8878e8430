export type * from './interface/index.ts'
