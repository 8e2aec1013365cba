/** Who looks: the operator sees everything, an owner what is its own, anybody else nothing of either. */
export type Viewer =
  | { readonly role: 'operator' }
  | {
      readonly role: 'owner'
      /** EIP-55. */
      readonly owner: string
    }

/** The owner whose things alone are shown; `undefined` for the operator. */
export function ownerIn(viewer: Viewer): string | undefined {
  return viewer.role === 'owner' ? viewer.owner : undefined
}
